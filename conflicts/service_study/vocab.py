"""The fixed words of service studies."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from layers.vocab import Lifecycle

# The theme of the layers a study publishes: no rule asks them.
COVERAGE_THEME = "service-coverage"
# Who may order a study: it takes the machine for some seconds and publishes layers.
STUDY_SERVICES = "conflicts.study_services"


class Horizon(TextChoices):
    """When: as the city stands, or as its plan wants it."""

    TODAY = "today", _("today")
    PLANNED = "planned", _("at the plan's horizon")


# What serves people, and where they live, at each time. What is only proposed is not decided.
STAGES = {
    Horizon.TODAY: (Lifecycle.EXISTING,),
    Horizon.PLANNED: (
        Lifecycle.EXISTING,
        Lifecycle.UNDER_CONSTRUCTION,
        Lifecycle.PERMITTED,
        Lifecycle.PLANNED,
        Lifecycle.RESERVED,
    ),
}


class Along(TextChoices):
    """How a distance was measured."""

    STREETS = "streets", _("along the streets")
    STRAIGHT_LINE = "straight_line", _("in a straight line: there is no street network")


class Catchment(TextChoices):
    """How people come to a service, as the table of standards says."""

    WALK = "walk", _("on foot")
    NETWORK = "network", _("along the streets")
    DRIVE = "drive", _("by car")
    SPACING = "spacing", _("from one to the next")
    CITY = "city", _("one for the city")


class PeopleFrom(TextChoices):
    """Where the number of people comes from."""

    BEST = "best", _("the best that is known of all of them")
    RECORDED = "recorded", _("people recorded for each residential building")
    DWELLINGS = "dwellings", _("dwellings recorded, each with an average household")
    AREAS = "areas", _("people recorded for each area, shared out by floor area")
    STATED = "stated", _("a number stated for the city, shared out by floor area")
    HOUSEHOLDS = "households", _("one average household in each residential building")
    BUILDINGS = "buildings", _("nobody knows how many people: residential buildings are counted")


class Reach(TextChoices):
    """Whether a home is within reach of a service."""

    SERVED = "served", _("served")
    NOT_SERVED = "not_served", _("not served")
    CANNOT_TELL = "cannot_tell", _("cannot tell")


class Doubt(TextChoices):
    """Why nobody can tell whether a home is served."""

    OFF_STREET = "off_street", _("too far from any street to say how people reach it")
    STREET_RESTRICTED = (
        "street_restricted",
        _("the way leads along a one-way street, or one that is not open to every car"),
    )
    SERVICE_UNSURE = "service_unsure", _("a place within reach may or may not be one")
    SERVICE_NOT_SURVEYED = "service_not_surveyed", _("nobody looked for the service all around")
    STREETS_NOT_SURVEYED = "streets_not_surveyed", _("streets nobody recorded may lead there")


class Lack(TextChoices):
    """What keeps a standard from being judged."""

    NO_CLASS = "no_class", _("The city's classes name no such place.")
    NO_SURVEY = "no_survey", _("Nobody has looked for such places in the city.")
    NO_PEOPLE = "no_people", _("The number of people is not known.")
    NO_PLACES = "no_places", _("The places (attribute 'places') of some are not recorded.")
    NO_AREA = "no_area", _("Some are recorded as a point or line: their area is not known.")
    UNSURE = "unsure", _("Of some it is not recorded what they are.")
    PARTLY_SURVEYED = "partly_surveyed", _("Nobody has looked for them in all of the area.")
    HOMES_NOT_SURVEYED = "homes_not_surveyed", _("Homes were not recorded in all of the area.")
    STRAIGHT_ONLY = "straight_only", _("A straight line flatters: there is no street network.")
    IS_SPACING = "is_spacing", _("It asks how far one is from the next, not who is near one.")
    NO_LIMIT = "no_limit", _("An indicator: it reports a share and sets none to be reached.")
    NO_HOMES = "no_homes", _("Nobody lives there.")
    FEW_PEOPLE = "few_people", _("Fewer people live there than one is meant for.")


class Measure(TextChoices):
    """What a standard asks for."""

    COVERAGE = "coverage", _("people within reach")
    AREA = "area", _("m² per person")
    PLACES = "places", _("places")
    NUMBER = "number", _("how many there are")
