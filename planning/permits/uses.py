"""Which zones rule the plot, and whether each proposed use may stand there."""

from collections.abc import Iterator

import shapely

from layers.models import LandUseClass
from layers.vocab import BLOCKING_BASES, Answer, Basis
from planning.models import UseRule
from planning.permits.application import ProposedUse
from planning.permits.checks import Case, Check
from planning.sentences import Said, dated, joined, labelled, named, said
from planning.situation import SLIVER_MIN_M2, SLIVER_MIN_SHARE
from planning.vocab import Permission

# The strictest permission of all zones on the plot decides.
STRICTNESS = (
    Permission.PROHIBITED,
    Permission.CONDITIONAL,
    Permission.LIMITED,
    Permission.PERMITTED,
)
ANSWERS = {
    Permission.PROHIBITED: Answer.FAILS,
    Permission.CONDITIONAL: Answer.CANNOT_TELL,
    Permission.LIMITED: Answer.CANNOT_TELL,
    Permission.PERMITTED: Answer.COMPLIES,
}
Ruled = tuple[str, UseRule]


def zone_check(case: Case) -> Check:
    """Answer whether the whole plot lies in zones of a plan in force, and list them all."""
    problems = _zone_problems(case)
    listed = [
        said(
            "%(zone)s %(name)s: %(area)s m² (%(share)s %%)",
            zone=zone.hit.class_code,
            name=zone.hit.class_name,
            area=zone.hit.area_m2,
            share=zone.share * 100,
        )
        for zone in case.situation.ruling_zones
    ]
    return Check(
        code="zones",
        title=said("Zones of the plan in force"),
        answer=Answer.CANNOT_TELL if problems else Answer.COMPLIES,
        explanation=joined(listed) if listed else said("No zone rules this plot."),
        basis=None if problems else Basis.PLAN_PROVISION,
        provision=", ".join(str(plan) for plan in case.situation.plans),
        missing=problems,
        evidence=_unzoned(case) if problems and case.situation.zones else None,
    )


def _zone_problems(case: Case) -> list[Said]:
    situation = case.situation
    if not situation.plans:
        return [said("a plan in force on %(day)s", day=dated(situation.on))]
    problems = [] if situation.ruling_zones else [said("a zone that rules the plot")]
    limit_m2 = max(SLIVER_MIN_M2, SLIVER_MIN_SHARE * float(situation.site.area))
    if situation.unzoned_area_m2 >= limit_m2:
        area = situation.unzoned_area_m2
        problems.append(said("a zone for %(area)s m² of the plot", area=area))
    bare = sorted({zone.hit.class_code for zone, group in case.ruled_zones if group is None})
    if bare:
        problems.append(said("regulations for zone class %(zones)s", zones=", ".join(bare)))
    return problems


def _unzoned(case: Case) -> shapely.geometry.base.BaseGeometry | None:
    zoned = shapely.union_all([zone.hit.inside for zone in case.situation.zones])
    rest = case.situation.site.difference(zoned)
    return None if rest.is_empty else rest


def use_checks(case: Case) -> Iterator[Check]:
    """Yield one check per proposed use: the strictest zone on the plot decides."""
    classes = {row.pk: row for row in LandUseClass.objects.filter(scheme="use")}
    by_code = {row.code: row for row in classes.values()}
    for use in case.application.proposal.uses:
        row = by_code[use.class_code]
        lineage = _lineage(row, classes)
        title = said("Use: %(use)s", use=named(row.name_km, row.name_en))
        yield from _use_check(case, use, lineage, title)


def _lineage(row: LandUseClass, classes: dict[int, LandUseClass]) -> list[str]:
    """Return a class and those above it, nearest first."""
    codes = [row.code]
    while row.parent_id is not None and row.parent_id in classes:
        row = classes[row.parent_id]
        codes.append(row.code)
    return codes


def _use_check(case: Case, use: ProposedUse, lineage: list[str], title: Said) -> Iterator[Check]:
    """Yield what the strictest zone says; a demo value never hides a rule that may block."""
    code = f"use:{use.class_code}"
    ruled: list[Ruled] = []
    for zone, group in case.ruled_zones:
        rule = case.use_rule(group, lineage) if group else None
        if rule is not None:
            ruled.append((zone.hit.class_code, rule))
            continue
        yield Check(
            code=code,
            title=title,
            answer=Answer.CANNOT_TELL,
            explanation=said("The use table does not name this use."),
            zone=zone.hit.class_code,
            missing=[said("a use the plan's table names, more exact than this one")],
        )
    if not case.ruled_zones:
        yield Check(
            code=code,
            title=title,
            answer=Answer.CANNOT_TELL,
            explanation=said("No zone of a plan in force says what applies here."),
            missing=[said("a plan in force with regulations for this plot")],
        )
    yield from (_ruled_check(code, title, zone, rule) for zone, rule in _deciding(ruled))


def _deciding(ruled: list[Ruled]) -> list[Ruled]:
    """Return the strictest rule and, where it may only warn, the strictest that may block."""
    binding = [pair for pair in ruled if pair[1].basis in BLOCKING_BASES]
    chosen = [min(rows, key=_leniency) for rows in (ruled, binding) if rows]
    return chosen[:1] if chosen and chosen[0][1].basis in BLOCKING_BASES else chosen


def _leniency(pair: Ruled) -> tuple[int, bool]:
    rule = pair[1]
    return STRICTNESS.index(Permission(rule.permission)), rule.basis not in BLOCKING_BASES


def _ruled_check(code: str, title: Said, zone: str, rule: UseRule) -> Check:
    permission = Permission(rule.permission)
    explanation = said(
        "In zone %(zone)s this use is %(permission)s.",
        zone=zone,
        permission=labelled(permission.label),
    )
    answer = ANSWERS[permission]
    decision = said("the decision of the committee; the use table leaves it to them")
    return Check(
        code=code,
        title=title,
        answer=answer,
        explanation=explanation,
        basis=Basis(rule.basis),
        provision=rule.provision,
        source=rule.source,
        zone=zone,
        missing=[decision] if answer == Answer.CANNOT_TELL else [],
    )
