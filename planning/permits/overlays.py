"""Restrictions that cut across zones: beach, banks, corridors, protected areas.

What forbids to build fails where the building stands; what else lies on the plot is for an
officer to weigh. A restriction without a known basis might block, so it leaves the case open.
"""

from collections.abc import Iterator

from layers.classes import read_table
from layers.vocab import Answer, Basis
from planning.permits.checks import Case, Check
from planning.sentences import Said, english_only, said
from planning.situation import WHOLE_SHARE, TopicState
from planning.topics import FLOOD, RESERVATIONS

# The effects of overlays.csv that leave no room for a building begin so.
FORBIDS_ANYONE = ("no structure", "no building")
FORBIDS = ("no private structure", *FORBIDS_ANYONE)
VIETNAMESE_SOURCE = "S23"
SOURCE = "overlays.csv"
ANSWERED_ELSEWHERE = frozenset({FLOOD, RESERVATIONS})


def overlay_checks(case: Case) -> Iterator[Check]:
    """Yield one check per restriction that lies on the plot."""
    rows = {row["code"]: row for row in read_table("overlays")}
    for state in case.situation.topics:
        if state.topic.code not in ANSWERED_ELSEWHERE and state.is_concerned:
            yield _overlay_check(case, state, rows.get(state.topic.code, {}))


def hidden_checks(case: Case) -> Iterator[Check]:
    """Yield one open question where something lies on the plot that who asks may not see."""
    here = [state for state in case.situation.topics if state.is_hidden_here]
    if not here and not case.situation.has_hidden_plan:
        return
    told = said("Something that is not public applies here: ask the municipal office.")
    yield Check(
        code="not_public",
        title=said("A restriction that is not public"),
        answer=Answer.CANNOT_TELL,
        explanation=told,
        missing=[told],
    )


def unknown_overlays(case: Case) -> list[Said]:
    """Return the restrictions of which nothing is known on the plot, none of them cleared.

    One that may not be shown and has no entry in the table of overlays stays without its name.
    """
    return [
        _title(state)
        for state in case.situation.topics
        if state.topic.code not in ANSWERED_ELSEWHERE
        and not state.is_concerned
        and not state.is_surveyed
    ]


def _title(state: TopicState) -> Said:
    layer = state.topic.layer
    if layer and not state.is_shown and state.topic.code == layer.slug:
        return said("A restriction that is not public")
    return state.topic.title


def _overlay_check(case: Case, state: TopicState, row: dict[str, str]) -> Check:
    layer, effect = state.topic.layer, row.get("effect", "")
    answer, missing = _answer(case, state, effect)
    area_m2 = sum(hit.area_m2 for hit in state.hits)
    if effect:
        explanation = said(
            "%(area)s m² of it on the plot. Rule: %(rule)s.",
            area=area_m2,
            rule=english_only(effect),
        )
    else:
        explanation = said("%(area)s m² of it on the plot. No rule is recorded.", area=area_m2)
    return Check(
        code=f"overlay:{layer.slug if layer else state.topic.code}",
        title=state.topic.title,
        answer=answer,
        explanation=explanation,
        basis=_basis(row),
        provision=f"{state.topic.code}: {row['name_en']}" if row else "",
        source=(row.get("src") or SOURCE) if row else "",
        missing=missing,
        evidence=state.hits[0].inside,
    )


def _answer(case: Case, state: TopicState, effect: str) -> tuple[Answer, list[Said]]:
    is_private = case.application.applicant == "private"
    forbids = effect.startswith(FORBIDS if is_private else FORBIDS_ANYONE)
    if not forbids:
        officer = said("what the restriction means here: for the officer to judge")
        return Answer.CANNOT_TELL, [officer]
    return _where_it_stands(case, state)


def _where_it_stands(case: Case, state: TopicState) -> tuple[Answer, list[Said]]:
    """Answer by the place of the building; one not drawn fails where all of the plot is bound."""
    footprint = case.application.proposal.footprint
    if footprint is None:
        covered_m2 = max(hit.area_m2 for hit in state.hits)
        if covered_m2 >= float(case.situation.site.area) * WHOLE_SHARE:
            return Answer.FAILS, []
        return Answer.CANNOT_TELL, [
            said("where on the plot the building stands: draw the footprint")
        ]
    if any(hit.inside.intersects(footprint) for hit in state.hits):
        return Answer.FAILS, []
    if not state.is_surveyed:
        return Answer.CANNOT_TELL, [said("a survey of the restriction on the whole plot")]
    return Answer.COMPLIES, []


def _basis(row: dict[str, str]) -> Basis | None:
    """Return what the rule rests on; a restriction the table does not list has no basis yet."""
    if not row:
        return None
    if row["verified"] == "found":
        foreign = row["src"] == VIETNAMESE_SOURCE
        return Basis.FOREIGN_REFERENCE if foreign else Basis.PRESS_REPORT
    return Basis.GENERAL_KNOWLEDGE if row["verified"] == "gk" else Basis.DEMO_VALUE
