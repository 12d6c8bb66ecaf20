"""A landfill, three schools, the standard rule book in force, a planner and an officer."""

from datetime import date

from django.contrib.auth.models import Permission, User

from conflicts.life.expiry import end_acceptances
from conflicts.rulebooks.builder import BOOK_FILE
from conflicts.rulebooks.versions import load_rulebook, ratify_rulebook
from conflicts.services import detect_conflicts
from layers.classes import load_classes
from layers.services import set_surveyed_area
from tests.factories import feature, filled_layer, square

PASSWORD = "the stricter one stands"
RIGHTS = {"sokha": "decide_finding", "dara": "approve_acceptance"}
# The last day of what is accepted in the journey, and the day after.
LAST_DAY, DAY_AFTER = date(2031, 5, 31), date(2031, 6, 1)


def fill():
    """Make layer, rule book, accounts and a first detection in the database of this process."""
    load_classes()
    schools = [
        feature(f"SCH-{n}", square(100 + 150 * n, 0, 50), "school_primary",
                name_en=f"Primary school {n}", name_km=f"សាលាបឋមសិក្សាទី {n}")
        for n in range(1, 4)
    ]  # fmt: skip
    dump = feature("DUMP", square(0, 0, 100), "landfill", name_en="Old dump", name_km="ទីលានចាស់")
    facilities = filled_layer(
        "facilities", dump, *schools, title_en="Facilities", title_km="សេវាសាធារណៈ"
    )
    set_surveyed_area(layer=facilities, geometry=square(-9_000, -9_000, 20_000))
    ratify_rulebook(load_rulebook(BOOK_FILE).rulebook, because="សៀវភៅដំបូង")
    for name, right in RIGHTS.items():
        account = User.objects.create_user(name, password=PASSWORD)
        account.user_permissions.set(Permission.objects.filter(codename=right))
    detect()


def detect():
    """Ask the rule book of everything."""
    detect_conflicts(rulebook=load_rulebook(BOOK_FILE).rulebook)


def begin_the_day_after():
    """Let the day after the last day of the acceptance begin."""
    end_acceptances(today=DAY_AFTER)
