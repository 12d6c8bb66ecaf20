"""A city of four zones, one road and two wells, and two people who may change it."""

from django.contrib.auth.models import Permission, User

from layers.editing.topology import set_topology
from layers.models import Layer
from layers.services import publish_features
from tests.factories import at, feature, filled_layer, line, square

PASSWORD = "four zones, one road"
RIGHTS = ("edit_features", "publish_version", "edit_survey")
SCHEMA = {
    "fields": {
        "name_km": {"type": "text", "title_km": "ឈ្មោះជាភាសាខ្មែរ", "title_en": "Name in Khmer"},
        "floors": {
            "type": "integer",
            "title_km": "ចំនួនជាន់អតិបរមា",
            "title_en": "Most floors",
            "required": True,
            "min": 1,
            "max": 60,
        },
        "tenure": {
            "type": "text",
            "title_km": "ភោគៈ",
            "title_en": "Tenure",
            "choices": {
                "state": {"km": "ដីរដ្ឋ", "en": "State land"},
                "private": {"km": "ដីឯកជន", "en": "Private land"},
            },
        },
    }
}


def fill():
    """Make layers and accounts in the database this process works on."""
    zones = [
        feature(f"Z-{number + 1}", square(100 * number, 0, 100), code, floors=3, name_km=name)
        for number, (code, name) in enumerate(
            [("RES", "តំបន់ ក"), ("COM", "តំបន់ ខ"), ("RES", "តំបន់ គ"), ("COM", "តំបន់ ឃ")]
        )
    ]
    publish_zones(zones)
    filled_layer("roads", feature("road", line((-50, -10), (450, -10))), geometry_kind="line",
                 title_en="Roads", title_km="ផ្លូវ", theme="roads")  # fmt: skip
    filled_layer("wells", feature("W-1", at(20, 20)), feature("W-2", at(60, 70)),
                 geometry_kind="point", title_en="Wells", title_km="អណ្តូង")  # fmt: skip
    for name in ("dara", "sophea"):
        person = User.objects.create_user(name, password=PASSWORD)
        person.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))


def publish_zones(zones):
    layer = Layer.objects.create(
        slug="zones",
        title_en="Zones",
        title_km="តំបន់",
        theme="zoning",
        geometry_kind="polygon",
        attribute_schema=SCHEMA,
    )
    publish_features(layer=layer, features=zones)
    set_topology(layer=layer, must_not_overlap=True, tolerance_m=0.1, tolerance_source="survey")
