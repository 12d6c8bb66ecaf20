"""Plans: which is in force on a day, and how a version comes into force."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from layers.classes import load_classes, read_table
from layers.models import LayerVersion
from layers.queries import features_in_version, layer_named
from layers.services import published_version
from planning.errors import PlanAdoptionError
from planning.instruments import instrument_named, load_instruments
from planning.models import LegalInstrument, Plan, PlanVersion
from planning.vocab import PlanStatus
from planning.zoning_code import load_zoning_code

# A version that has ended was in force before; one that never came into force never counts.
WAS_IN_FORCE = (PlanStatus.IN_FORCE, PlanStatus.SUPERSEDED, PlanStatus.REPEALED)
WITHOUT_INSTRUMENT = "No legal instrument: a demonstration without legal force."


@dataclass(frozen=True, kw_only=True, slots=True)
class Adoption:
    """What is asked for when a plan version is to come into force."""

    code: str
    in_force_from: date
    zones: str = "zones"
    instrument: str = ""
    level: str = "LUP"
    title_km: str = ""
    title_en: str = ""


def plan_versions_in_force(on: date) -> QuerySet[PlanVersion]:
    """Return the plan versions in force on a day, at most one of each plan."""
    lasting = Q(in_force_to=None) | Q(in_force_to__gt=on)
    return (
        PlanVersion.objects.filter(lasting, in_force_from__lte=on, status__in=WAS_IN_FORCE)
        .select_related("plan", "zoning__layer", "instrument")
        .order_by("plan__code")
    )


@transaction.atomic
def adopt_plan(adoption: Adoption) -> tuple[PlanVersion, bool]:
    """Bring a new version of a plan into force over the current zoning; end the one before.

    Asked again for what already stands it changes nothing. Either all of it happens or nothing.

    Returns
    -------
    tuple
        The version in force and whether it is new.

    Raises
    ------
    PlanAdoptionError
        The zoning is not published or uses classes the code does not regulate, the level is
        unknown, or a version is in force from that day or later.
    """
    load_classes()
    load_instruments()
    zoning = _zoning(adoption.zones)
    instrument = instrument_named(adoption.instrument) if adoption.instrument else None
    plan = _plan(adoption)
    newest = plan.versions.filter(in_force_from__isnull=False).order_by("-in_force_from").first()
    if newest is not None and _is_same(newest, adoption, zoning, instrument):
        return newest, False
    _end(newest, adoption)
    version = PlanVersion.objects.create(
        plan=plan,
        number=plan.versions.count() + 1,
        status=PlanStatus.IN_FORCE,
        zoning=zoning,
        instrument=instrument,
        instrument_note="" if instrument else WITHOUT_INSTRUMENT,
        in_force_from=adoption.in_force_from,
    )
    load_zoning_code(version)
    return version, True


def _zoning(slug: str) -> LayerVersion:
    layer = layer_named(slug)
    if layer.published_number is None:
        raise PlanAdoptionError(
            _("Layer '%(slug)s' has no published version.") % {"slug": slug},
            remedy=_("Publish the zoning first: ./krong import FILE --layer zones"),
        )
    version = published_version(layer)
    regulated = {row["code"] for row in read_table("zone_classes")}
    used = features_in_version(layer, version.number).order_by()
    codes = set(used.values_list("land_use__code", flat=True).distinct())
    if not codes:
        raise PlanAdoptionError(
            _("Layer '%(slug)s' holds no zones.") % {"slug": slug},
            remedy=_("Import the zoning first."),
        )
    if strange := sorted(str(code or "no class") for code in codes - regulated):
        raise PlanAdoptionError(
            _("Layer '%(slug)s' has zones the zoning code does not regulate: %(strange)s.")
            % {"slug": slug, "strange": ", ".join(strange)},
            remedy=_("Give every zone one of its classes; './krong classes' lists them."),
        )
    return version


def _plan(adoption: Adoption) -> Plan:
    levels = {row["code"]: row for row in read_table("plan_levels")}
    if adoption.level not in levels:
        raise PlanAdoptionError(
            _("There is no plan level '%(level)s'.") % {"level": adoption.level},
            remedy=_("Use one of %(levels)s.") % {"levels": ", ".join(levels)},
        )
    level = levels[adoption.level]
    plan, _created = Plan.objects.get_or_create(
        code=adoption.code,
        defaults={
            "level": adoption.level,
            "title_km": adoption.title_km or level["name_km_draft"],
            "title_en": adoption.title_en or level["name_en"],
            "authority": level["approved_by"],
        },
    )
    return plan


def _is_same(
    version: PlanVersion,
    adoption: Adoption,
    zoning: LayerVersion,
    instrument: LegalInstrument | None,
) -> bool:
    return (
        version.in_force_from == adoption.in_force_from
        and version.in_force_to is None
        and version.zoning == zoning
        and version.instrument == instrument
    )


def _end(version: PlanVersion | None, adoption: Adoption) -> None:
    """Let the version before end on the day the new one begins."""
    if version is None or version.in_force_from is None:
        return
    if version.in_force_from >= adoption.in_force_from:
        later = version.in_force_from + timedelta(days=1)
        raise PlanAdoptionError(
            _(
                "%(version)s is in force from %(in_force_from)s; a new version cannot begin "
                "on %(in_force_from_2)s."
            )
            % {
                "version": version,
                "in_force_from": version.in_force_from,
                "in_force_from_2": adoption.in_force_from,
            },
            remedy=_("Give a later day, e.g. --from %(later)s.") % {"later": later},
        )
    if version.in_force_to is None:
        version.in_force_to = adoption.in_force_from
        version.status = PlanStatus.SUPERSEDED
        version.save(update_fields=["in_force_to", "status"])
