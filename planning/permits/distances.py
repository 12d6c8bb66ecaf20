"""Distances to other land uses, shared ground, hazards: what the rule books in force say.

The building is asked about as drawn; where it is not drawn, from the outline of the plot. That is
the safe side for "complies"; a failure then stands only if it holds wherever on the plot the
building is put, and is otherwise an open question. What stands on the plot already may be taken
down for the new building: too near a neighbour of that kind is an open question too, never silence.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from conflicts.judgements import Judgement
from conflicts.kinds import is_by_distance
from conflicts.models import RuleBook
from conflicts.pair_rules import HazardExposure, Separation
from conflicts.vocab import RuleBookStatus
from conflicts.whatif import findings_for
from layers.models import Layer, SurveyedArea
from layers.services import NewFeature
from layers.visibility import Seen
from layers.vocab import BLOCKING_BASES, Answer, Basis, Lifecycle
from planning.permits.checks import Case, Check
from planning.sentences import Said, joined, named, said
from planning.situation import WHOLE_SHARE
from planning.topics import FLOOD, TOPIC_THEMES

CODE = "distances"
LONGEST_REFERENCE = 50
# What lies by more than half on the plot belongs to it.
OWN_SHARE = 0.5
# Numbers of the proposal that rules may ask of a building, under the names buildings state them.
PROPERTIES = {"height_m": "height_m", "floors": "storeys"}


def distance_checks(case: Case, *, seen: Seen) -> Iterator[Check]:
    """Yield one check per rule that fails or is open here, and what all others say together."""
    books = rule_books_in_force()
    if not books:
        yield _no_rule_book()
        return
    judged = findings_for(_proposed(case), books, seen=seen)
    for judgements in _by_rule(judged, Answer.FAILS):
        yield _broken_check(case, judgements)
    unsure = [judgement for judgement in judged if judgement.answer == Answer.CANNOT_TELL]
    for blocks in (True, False):
        if group := [judgement for judgement in unsure if judgement.may_block == blocks]:
            yield _untold_check(group)
    yield _rest_check(case, books, judged)


def rule_books_in_force() -> list[RuleBook]:
    """Return the ratified rule books, by code."""
    return list(RuleBook.objects.filter(status=RuleBookStatus.RATIFIED).order_by("code"))


def distance_inputs() -> dict[str, Any]:
    """Return what the answers follow from: rule books, data and surveys as they are now."""
    layers = Layer.objects.exclude(published_number=None).order_by("slug")
    surveys = SurveyedArea.objects.order_by("pk")
    return {
        "rule_books": [[book.code, book.version, book.digest] for book in rule_books_in_force()],
        "layers": [list(row) for row in layers.values_list("slug", "published_number")],
        "surveys": [list(row) for row in surveys.values_list("pk", "completeness")],
    }


def _proposed(case: Case) -> list[NewFeature]:
    """Return the proposal as one feature per use, at the building or else the plot."""
    proposal = case.application.proposal
    stated = {name: getattr(proposal, field) for field, name in PROPERTIES.items()}
    codes = sorted(proposal.use_codes)
    reference = case.application.reference[:LONGEST_REFERENCE]
    return [
        NewFeature(
            stable_id=reference if len(codes) == 1 else f"{reference}:{code}"[:80],
            geometry=proposal.footprint or case.application.site,
            land_use=code,
            lifecycle=Lifecycle.PROPOSED,
            properties={name: value for name, value in stated.items() if value is not None},
        )
        for code in codes
    ]


def _by_rule(judged: Iterable[Judgement], answer: Answer) -> Iterator[list[Judgement]]:
    """Yield the judgements of each rule and use with that answer, the worst first."""
    groups: dict[tuple[int, str | None], list[Judgement]] = defaultdict(list)
    for judgement in judged:
        if judgement.answer == answer:
            groups[judgement.row.pk, judgement.proposed.land_use].append(judgement)
    for group in groups.values():
        yield sorted(group, key=lambda judgement: judgement.margin or 0.0)


def _broken_check(case: Case, judgements: Sequence[Judgement]) -> Check:
    """Answer for one rule by the worst of what certainly breaks it, else as an open question."""
    doubts = [_doubt(case, judgement) for judgement in judgements]
    certain = [j for j, doubt in zip(judgements, doubts, strict=True) if doubt is None]
    worst = certain[0] if certain else judgements[0]
    open_questions = {doubt["en"]: doubt for doubt in doubts if doubt}
    return Check(
        code=f"{CODE}:{worst.rule.code}:{worst.proposed.land_use}",
        title=named(worst.rule.title.km, worst.rule.title.en),
        answer=Answer.FAILS if certain else Answer.CANNOT_TELL,
        explanation=_explanation(case, worst, len(judgements)),
        basis=Basis(worst.rule.basis),
        provision=_provision(worst),
        source=worst.rule.provision.source or str(worst.row.rulebook),
        **_measured(worst),
        missing=[] if certain else list(open_questions.values()),
        evidence=worst.witness,
        kept_dry=_kept_dry(worst),
        is_of_rule_book=True,
    )


def _kept_dry(worst: Judgement) -> frozenset[str]:
    """Return the use a rule keeps out of a flood; none where the rule asks for anything else."""
    other, use = worst.other, worst.proposed.land_use
    if use is None or other is None or other.layer.theme != TOPIC_THEMES[FLOOD]:
        return frozenset()
    return frozenset([use]) if isinstance(worst.rule, HazardExposure) else frozenset()


def _measured(worst: Judgement) -> dict[str, Any]:
    """Return value, limit, bound and unit; without a bound where the value is only a lower end."""
    if worst.measured is None or worst.required is None or worst.unit == "place":
        return {}
    bound = "min" if is_by_distance(worst.rule) else "max"
    if bound == "max" and worst.measured <= worst.required:
        bound = ""  # a depth class from 0 m on: a margin would look like room left
    return {
        "measured": worst.measured,
        "required": worst.required,
        "bound": bound,
        "unit": worst.unit,
    }


def _doubt(case: Case, judgement: Judgement) -> Said | None:
    """Return what would have to be known before a failure is certain; None when it is."""
    if _is_on_own_plot(case, judgement):
        return said(
            "whether %(name)s, which stands on the same plot, stays",
            name=judgement.other_name,
        )
    if case.application.proposal.footprint is None and not _fails_anywhere(case, judgement):
        return said("where on the plot the building stands: draw the footprint")
    return None


def _is_on_own_plot(case: Case, judgement: Judgement) -> bool:
    """Tell whether the neighbour that is too near is a thing that stands on the plot itself."""
    other = judgement.other
    if not isinstance(judgement.rule, Separation) or other is None:
        return False
    shape = shapely.from_wkb(bytes(other.geometry.wkb))
    if other.lifecycle != Lifecycle.EXISTING:
        return False
    return _measure(shape.intersection(case.application.site)) >= OWN_SHARE * _measure(shape)


def _measure(shape: BaseGeometry) -> float:
    """Return area, length or number of points: whichever the shape has."""
    return float(shape.area or shape.length or shapely.get_num_coordinates(shape))


def _fails_anywhere(case: Case, judgement: Judgement) -> bool:
    """Tell whether the rule is broken wherever on the plot the building would stand."""
    site, witness = case.application.site, judgement.witness
    if isinstance(judgement.rule, Separation) and judgement.other is not None:
        other = shapely.from_wkb(bytes(judgement.other.geometry.wkb))
        return bool(other.buffer(judgement.rule.min_distance_m).covers(site))
    return witness is not None and float(witness.area) >= WHOLE_SHARE * float(site.area)


def _explanation(case: Case, worst: Judgement, count: int) -> Said:
    parts = [worst.sentence]
    if count > 1:
        parts.append(said("%(count)s more places break this rule.", count=count - 1))
    if case.application.proposal.footprint is None:
        parts.append(_from_the_plot())
    return joined(parts, " ")


def _from_the_plot() -> Said:
    return said("Measured from the outline of the plot, because the building is not drawn.")


def _provision(judgement: Judgement) -> str:
    provision = judgement.rule.provision
    cited = provision.citation or ", ".join(filter(None, (provision.law, provision.article)))
    return f"{judgement.rule.code}: {cited}" if cited else judgement.rule.code


def _untold_check(group: Sequence[Judgement]) -> Check:
    missing = {sentence["en"]: sentence for judgement in group for sentence in judgement.missing}
    return Check(
        code=f"{CODE}:cannot_tell:{'may_block' if group[0].may_block else 'may_warn'}",
        title=_title(),
        answer=Answer.CANNOT_TELL,
        explanation=said("Rules that cannot tell here: %(codes)s.", codes=_codes(group)),
        basis=_weakest(group, blocking=group[0].may_block),
        provision=_books(judgement.row.rulebook for judgement in group),
        missing=list(missing.values()),
    )


def _rest_check(case: Case, books: Sequence[RuleBook], judged: Sequence[Judgement]) -> Check:
    """Say what all rules together found nothing against, or that none names this use."""
    kept = [judgement for judgement in judged if judgement.answer == Answer.COMPLIES]
    unnamed = case.application.proposal.use_codes - {j.proposed.land_use for j in judged}
    parts = []
    if kept:
        parts.append(said("Asked and kept: %(codes)s.", codes=_codes(kept)))
    if unnamed:
        uses = ", ".join(sorted(unnamed))
        parts.append(said("No rule names the use %(uses)s: nothing was asked.", uses=uses))
    if not parts:
        parts.append(said("No rule was asked and kept."))
    if kept and case.application.proposal.footprint is None:
        parts.append(_from_the_plot())
    return Check(
        code=CODE,
        title=_title(),
        answer=Answer.COMPLIES if kept else Answer.NOT_APPLICABLE,
        explanation=joined(parts, " "),
        basis=_weakest(kept, blocking=False) if kept else None,
        provision=_books(books),
    )


def _no_rule_book() -> Check:
    """Answer without a rule book: a law of distances may hold, but nobody put it in force here."""
    return Check(
        code=CODE,
        title=_title(),
        answer=Answer.CANNOT_TELL,
        explanation=said("No rule book is ratified: no distance was checked."),
        missing=[said("a ratified rule book of distances and overlaps")],
    )


def _title() -> Said:
    return said("Distances and overlaps with other land uses")


def _codes(judgements: Iterable[Judgement]) -> str:
    return ", ".join(sorted({judgement.rule.code for judgement in judgements}))


def _books(books: Iterable[RuleBook]) -> str:
    return ", ".join(sorted({str(book) for book in books}))


def _weakest(group: Sequence[Judgement], *, blocking: bool) -> Basis:
    """Return the weakest basis of several rules: together they rest on no better one."""
    order = list(Basis)
    bases = [Basis(judgement.rule.basis) for judgement in group]
    if blocking:
        bases = [basis for basis in bases if basis in BLOCKING_BASES]
    return max(bases, key=order.index)
