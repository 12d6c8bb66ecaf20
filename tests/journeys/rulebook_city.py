"""A landfill, schools in a row and two zones, the standard rule book in force, two planners."""

from django.contrib.auth.models import Permission, User

from conflicts.rulebooks.builder import BOOK_FILE
from conflicts.rulebooks.versions import load_rulebook, ratify_rulebook
from layers.classes import load_classes
from layers.services import set_surveyed_area
from tests.factories import feature, filled_layer, square

PASSWORD = "the stricter one stands"
RIGHTS = ("edit_rulebook", "ratify_rulebook")


def fill():
    """Make layers, rule book and accounts in the database this process works on."""
    load_classes()
    schools = [
        feature(f"SCH-{n}", square(100 + 400 * n, 0, 50), "school_primary") for n in range(1, 7)
    ]
    facilities = filled_layer(
        "facilities", feature("DUMP", square(0, 0, 100), "landfill"), *schools,
        title_en="Facilities", title_km="សេវាសាធារណៈ",
    )  # fmt: skip
    zones = filled_layer(
        "zones", feature("Z-1", square(0, 5_000, 200), "R1"),
        feature("Z-2", square(200, 5_000, 200), "C1"), title_en="Zones", title_km="តំបន់",
    )  # fmt: skip
    for layer in (facilities, zones):
        set_surveyed_area(layer=layer, geometry=square(-9_000, -9_000, 20_000))
    ratify_rulebook(load_rulebook(BOOK_FILE).rulebook, because="សៀវភៅដំបូង")
    for name in ("dara", "sophea"):
        planner = User.objects.create_user(name, password=PASSWORD)
        planner.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
