"""Which findings are wanted: the filters of list, map, files and counts, read strictly.

Filters that mean nothing are refused: nothing found for a slip of the pen is no answer.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.kinds import KINDS
from conflicts.life.queries import OVERDUE, life_condition
from conflicts.models import WHOLE_LAYER, DetectionRun, Finding, Observation, Rule, RuleBook
from conflicts.vocab import Change, FindingState, Note, Severity
from layers.crs import PROJECT_SRID, WGS84_SRID, reproject
from layers.models import Feature, Layer
from layers.vocab import Basis

LISTS = ("", "each")  # by rule and place, or every conflict
YES = "1"
# What needs no one's attention any more.
SETTLED = (FindingState.RESOLVED, FindingState.DISMISSED)
# Beside the identifiers of sangkats: outside of all of them, and not looked up yet.
OUTSIDE, UNPLACED = "-", "?"
SANGKAT_LAYER = "sangkat"
_LONGEST = 200
_MOST_DIGITS = 18
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingFilter:
    """Which findings are wanted; an empty field means all."""

    rulebook: str = ""
    rule: str = ""
    kind: str = ""
    state: str = ""
    unsettled: str = ""  # "1": neither resolved nor dismissed
    note: str = ""
    severity: str = ""  # this one or graver
    exact_severity: str = ""  # this one only
    basis: str = ""
    sangkat: str = ""  # identifier, OUTSIDE or UNPLACED
    new_from: str = ""  # first seen on this day or later
    new_before: str = ""  # first seen before this day
    detection: str = ""  # number of a detection that saw ...
    change: str = ""  # ... this change; without a number: the newest observation
    layer: str = ""  # of either side
    subject_layer: str = ""
    subject: str = ""
    object_layer: str = ""
    object: str = ""
    bbox: str = ""  # west,south,east,north [degrees]
    assigned: str = ""  # name of the account that sees to it
    due: str = ""  # OVERDUE: its day has passed and it is not settled
    waiting: str = ""  # "1": an acceptance waits for approval
    existing: str = ""  # "1": of an existing nonconforming use
    q: str = ""  # words in identifiers, names, and titles of rules

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            _refuse_unwritable(field, value)
        for field, known in _choices().items():
            if (value := getattr(self, field)) and value not in known:
                raise _unknown(field, _("'%(value)s' is unknown."), value, known)
        for field in ("new_from", "new_before"):
            if value := getattr(self, field):
                day_asked(field, value)
        if self.detection:
            whole_number("detection", self.detection, least=1, greatest=2**62)
        if self.bbox:
            box_asked(self.bbox)

    def as_query(self) -> dict[str, str]:
        """Return what an address must say to ask for the same."""
        return {name: value for name, value in asdict(self).items() if value}


def _choices() -> dict[str, list[str]]:
    return {
        "kind": list(KINDS),
        "state": FindingState.values,
        "unsettled": [YES],
        "note": [note for note in Note.values if note],
        "severity": Severity.values,
        "exact_severity": Severity.values,
        "basis": Basis.values,
        "change": Change.values,
        "due": [OVERDUE],
        "waiting": [YES],
        "existing": [YES],
    }


def _refuse_unwritable(field: str, value: str) -> None:
    if "\x00" in value or len(value) > _LONGEST:
        raise RuleFieldError(
            field,
            _("'%(text)s' cannot be used.") % {"text": value[:40].replace("\x00", "\ufffd")},
            remedy=_("Write at most %(most)s signs, without U+0000.") % {"most": _LONGEST},
        )


def day_asked(field: str, text: str) -> date:
    """Return a day written as 2026-05-31.

    Raises
    ------
    RuleFieldError
        It is no day.
    """
    try:
        if len(text) == len("2026-05-31") and text.isascii():
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RuleFieldError(
        field,
        _("'%(text)s' is no day.") % {"text": text[:40]},
        remedy=_("Write year-month-day, e.g. 2026-05-31."),
    )


def whole_number(name: str, text: str, *, least: int, greatest: int) -> int:
    """Return a whole number within its bounds.

    Raises
    ------
    RuleFieldError
        It is none.
    """
    is_short = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS + 2
    if not is_short or not least <= int(text) <= greatest:
        raise RuleFieldError(
            name,
            _("'%(text)s' cannot be used.") % {"text": text[:40]},
            remedy=_("Give %(least)s to %(greatest)s.") % {"least": least, "greatest": greatest},
        )
    return int(text)


def box_asked(text: str) -> GEOSGeometry:
    """Return west,south,east,north [degrees] as an area in PROJECT_SRID.

    Raises
    ------
    RuleFieldError
        It is no area.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        is_area = -180 <= west < east <= 180 and -90 <= south < north <= 90  # noqa: PLR2004 - the globe
    except ValueError:
        is_area = False
    bounds = _projected_bounds(west, south, east, north) if is_area else (math.nan,) * 4
    if not all(map(math.isfinite, bounds)):
        raise RuleFieldError(
            "bbox",
            _("'%(text)s' is no area.") % {"text": text[:80]},
            remedy=_("Give west,south,east,north in degrees, e.g. 103.4,10.5,103.7,10.7."),
        )
    return GEOSGeometry(shapely.box(*bounds).wkt, srid=PROJECT_SRID)


def _projected_bounds(west: float, south: float, east: float, north: float) -> Bounds:
    """Return the bounds in PROJECT_SRID [m] of an area; not finite where it reaches too far."""
    outline = shapely.segmentize(shapely.box(west, south, east, north), (east - west) / 16)
    bounds: Bounds = reproject(outline, WGS84_SRID, PROJECT_SRID).bounds
    return bounds


def condition_of(wanted: FindingFilter) -> Q:
    """Return the condition on findings that a filter means; who may see them is not asked here."""
    exact = {
        "rulebook_code": wanted.rulebook,
        "rule_code": wanted.rule,
        "state": wanted.state,
        "note": wanted.note,
        "severity": wanted.exact_severity,
        "basis": wanted.basis,
        "subject_layer": wanted.subject_layer,
        "subject_id": wanted.subject,
        "object_layer": wanted.object_layer,
        "object_id": wanted.object,
    }
    condition = Q(**{name: value for name, value in exact.items() if value})
    if wanted.unsettled:
        condition &= ~Q(state__in=SETTLED)
    if wanted.severity:
        least = Severity(wanted.severity).rank
        condition &= Q(severity__in=[str(s) for s in Severity if s.rank >= least])
    if wanted.kind:
        condition &= of_rules(rules_of_kind(wanted.kind))
    if wanted.layer:
        condition &= Q(subject_layer=wanted.layer) | Q(object_layer=wanted.layer)
    condition &= life_condition(wanted.assigned, wanted.due, wanted.waiting, wanted.existing)
    return condition & _time_condition(wanted) & _place_condition(wanted) & _word_condition(wanted)


def rule_kinds() -> dict[tuple[str, str], str]:
    """Return the kind of each rule by rule book and code, as its newest version states it."""
    rows = Rule.objects.order_by("rulebook__version").values_list("rulebook__code", "code", "kind")
    return {(book, code): kind for book, code, kind in rows}


def rules_of_kind(kind: str) -> list[tuple[str, str]]:
    """Return rule book and code of the rules of a kind."""
    return [key for key, known in rule_kinds().items() if known == kind]


def of_rules(keys: Iterable[tuple[str, str]]) -> Q:
    """Return the condition that a finding is of one of these rules (rule book and code)."""
    by_book: dict[str, list[str]] = {}
    for book, code in keys:
        by_book.setdefault(book, []).append(code)
    condition = Q(pk__in=[])
    for book, codes in by_book.items():
        condition |= Q(rulebook_code=book, rule_code__in=codes)
    return condition


def _time_condition(wanted: FindingFilter) -> Q:
    condition = Q()
    bounds = {}
    if wanted.new_from:
        bounds["moment__gte"] = _beginning(day_asked("new_from", wanted.new_from))
    if wanted.new_before:
        bounds["moment__lt"] = _beginning(day_asked("new_before", wanted.new_before))
    if bounds:
        told = Coalesce("run__finished_at", "run__started_at", "run__queued_at")
        seen = DetectionRun.objects.annotate(moment=told).filter(**bounds)
        condition &= Q(first_seen__in=seen.values("pk"))
    if wanted.detection:
        observed: dict[str, Any] = {"detection": int(wanted.detection)}
        if wanted.change:
            observed["change"] = wanted.change
        condition &= Q(pk__in=Observation.objects.filter(**observed).values("finding"))
    elif wanted.change:
        condition &= Q(current__change=wanted.change)
    return condition


def _beginning(day: date) -> datetime:
    """Return when a day begins on the clocks of the city."""
    return datetime.combine(day, time(), timezone.get_default_timezone())


def _place_condition(wanted: FindingFilter) -> Q:
    condition = Q()
    if wanted.bbox:
        condition &= Q(current__witness__intersects=box_asked(wanted.bbox))
    if wanted.sangkat:
        placed = Q(
            place__observation_number=F("current_id"), place__sangkat_version=sangkat_version()
        )
        if wanted.sangkat == UNPLACED:
            return condition & ~Q(pk__in=Finding.objects.filter(placed).values("pk"))
        held = [] if wanted.sangkat == OUTSIDE else [wanted.sangkat]
        by = "place__sangkats" if wanted.sangkat == OUTSIDE else "place__sangkats__contains"
        condition &= placed & Q(**{by: held})
    return condition


def sangkat_version() -> int:
    """Return the number of the published layer of sangkats, 0 where there is none."""
    published = Layer.objects.filter(slug=SANGKAT_LAYER).values_list("published_number", flat=True)
    return published.first() or 0


def _word_condition(wanted: FindingFilter) -> Q:
    if not wanted.q:
        return Q()
    titled = Rule.objects.filter(Q(title_km__icontains=wanted.q) | Q(title_en__icontains=wanted.q))
    condition = Q(rule_code__icontains=wanted.q) | Q(rule_code__in=titled.values("code"))
    for side in ("subject", "object"):
        condition |= Q(**{f"{side}_id__icontains": wanted.q})
        for name in ("name", "name_km", "name_en"):
            condition |= Q(**{f"current__{side}_row__properties__{name}__icontains": wanted.q})
    return condition


def refuse_unknown(asked: Mapping[str, str], hidden: frozenset[str]) -> None:
    """Refuse a rule book, rule, layer or place that does not exist, for this reader.

    Raises
    ------
    RuleFieldError
        It names the filter and its value; a layer the reader may not see is unknown to them.
    """
    if (book := asked["rulebook"]) and not RuleBook.objects.filter(code=book).exists():
        known = sorted(set(RuleBook.objects.values_list("code", flat=True)))
        raise _unknown("rulebook", _("There is no rule book '%(value)s'."), book, known)
    if (rule := asked["rule"]) and not Rule.objects.filter(code=rule).exists():
        raise RuleFieldError(
            "rule",
            _("No rule book holds a rule '%(code)s'.") % {"code": rule},
            remedy=_("'./krong rulebook show CODE' lists the rules of a book."),
        )
    _refuse_unknown_layer("layer", asked["layer"], hidden)
    _refuse_unknown_sangkat(asked["sangkat"], hidden)
    if (number := asked["detection"]) and not DetectionRun.objects.filter(pk=int(number)).exists():
        raise RuleFieldError(
            "detection",
            _("There is no detection #%(number)s.") % {"number": number},
            remedy=_("The dashboard of findings lists the newest detections."),
        )
    for side in ("subject", "object"):
        _refuse_unknown_layer(f"{side}_layer", asked[f"{side}_layer"], hidden)
        _refuse_unknown_place(side, asked[side], asked[f"{side}_layer"], hidden)


def refuse_unknown_list(view: str) -> None:
    """Refuse a form of the list that there is not."""
    if view not in LISTS:
        raise _unknown("view", _("There is no list '%(value)s'."), view, LISTS[1:])


def refuse_unknown_words(asked: Mapping[str, Any], *known: str) -> None:
    """Refuse a word of an address that nobody knows: it would silently show everything."""
    refuse_words_beside(asked, *FindingFilter.__dataclass_fields__, *known)


def refuse_words_beside(asked: Mapping[str, Any], *known: str) -> None:
    """Refuse each word of an address beside the known ones and the language."""
    names = {"lang", *known}
    for word in asked:
        if word not in names:
            raise _unknown(word[:40], _("'%(value)s' means nothing here."), word, sorted(names))


def _refuse_unknown_sangkat(stable_id: str, hidden: frozenset[str]) -> None:
    if stable_id in {"", OUTSIDE, UNPLACED}:
        return
    rows = Feature.objects.filter(layer__slug=SANGKAT_LAYER, retired_in=None)
    if SANGKAT_LAYER in hidden or not rows.filter(stable_id=stable_id).exists():
        known = [] if SANGKAT_LAYER in hidden else list(rows.values_list("stable_id", flat=True))
        raise _unknown("sangkat", _("There is no sangkat '%(value)s'."), stable_id, sorted(known))


def _refuse_unknown_layer(field: str, slug: str, hidden: frozenset[str]) -> None:
    if not slug:
        return
    known = set(Layer.objects.values_list("slug", flat=True)) - hidden
    if slug not in known:
        raise _unknown(field, _("There is no layer '%(value)s'."), slug, sorted(known))


def _refuse_unknown_place(side: str, stable_id: str, layer: str, hidden: frozenset[str]) -> None:
    """Refuse what is neither a feature, now or once, nor a side of a finding that is kept."""
    if not stable_id or stable_id == WHOLE_LAYER:
        return
    layers = Layer.objects.filter(slug=layer) if layer else Layer.objects.all()
    layers = layers.exclude(slug__in=hidden)
    if Feature.objects.filter(layer__in=layers.values("pk"), stable_id=stable_id).exists():
        return
    kept = Finding.objects.exclude(**{f"{side}_layer__in": hidden})
    if not kept.filter(**{f"{side}_id": stable_id}).exists():
        raise RuleFieldError(
            side,
            _("No layer holds a place '%(value)s'.") % {"value": stable_id[:80]},
            remedy=_("Check the identifier; the map shows it when a place is clicked."),
        )


def _unknown(field: str, pattern: str, value: str, known: Sequence[str]) -> Exception:
    return RuleFieldError(
        field,
        pattern % {"value": value[:80]},
        remedy=_("Use one of: %(known)s.") % {"known": ", ".join(known[:20]) or "–"},
    )
