"""A school and a landfill a kilometre off, the standard rule book in force, a planner who edits."""

from django.contrib.auth.models import Permission, User

from conflicts.rulebooks.builder import BOOK_FILE
from conflicts.rulebooks.versions import load_rulebook, ratify_rulebook
from layers.classes import load_classes
from layers.services import set_surveyed_area
from tests.factories import feature, filled_layer, square

PASSWORD = "first ask, then build"
RIGHTS = ("edit_features",)


def fill():
    """Make layers, rule book and account in the database this process works on."""
    load_classes()
    facilities = filled_layer(
        "facilities",
        feature("SCH-1", square(0, 0, 60), "school_primary", name_en="River school"),
        feature("DUMP", square(1500, 0, 100), "landfill", name_en="Old dump"),
        title_en="Facilities", title_km="សេវាសាធារណៈ",
    )  # fmt: skip
    ground = square(-9_000, -9_000, 20_000)
    set_surveyed_area(layer=facilities, geometry=ground)
    ratify_rulebook(load_rulebook(BOOK_FILE).rulebook, because="សៀវភៅដំបូង")
    planner = User.objects.create_user("dara", password=PASSWORD)
    planner.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
