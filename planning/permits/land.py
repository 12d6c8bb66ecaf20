"""Whose land it is, and whether it is reserved."""

from collections.abc import Iterator
from datetime import date

import shapely

from layers.vocab import Answer, Basis
from planning.extract import reservations_of, what_is_missing
from planning.models import LandReservation
from planning.permits.checks import Case, Check
from planning.sentences import Said, labelled, said
from planning.situation import Hit, TopicState
from planning.topics import RESERVATIONS
from planning.vocab import ReservationStatus, Tenure

STATE_PUBLIC_PROVISION = (
    "State public land cannot be owned or sold (state property law and sub-decree on "
    "reclassification, as reported)"
)
RESERVATION_PROVISION = "Reserved public land: no permit against its purpose"


def tenure_check(case: Case) -> Check:
    """Answer whether the land may be built on by whoever asks: state public land may not."""
    tenures = {parcel.tenure for parcel in case.application.parcels}
    public = [p for p in case.application.parcels if p.tenure == Tenure.STATE_PUBLIC]
    answer, missing = _tenure_answer(case, tenures)
    labels = {
        language: ", ".join(sorted(labelled(tenure.label)[language] for tenure in tenures))
        for language in ("km", "en")
    }
    return Check(
        code="tenure",
        title=said("Tenure of the land"),
        answer=answer,
        explanation=said("The cadastre says: %(tenure)s.", tenure=labels),
        basis=Basis.PRESS_REPORT,
        provision=STATE_PUBLIC_PROVISION,
        source="S57; S31",
        missing=missing,
        evidence=shapely.union_all([p.geometry for p in public]) if public else None,
    )


def _tenure_answer(case: Case, tenures: set[Tenure]) -> tuple[Answer, list[Said]]:
    if Tenure.STATE_PUBLIC in tenures:
        if case.application.applicant == "public_authority":
            missing = said("the written consent of the authority that holds the state public land")
            return Answer.CANNOT_TELL, [missing]
        return Answer.FAILS, []
    if tenures == {Tenure.PRIVATE}:
        return Answer.COMPLIES, []
    if Tenure.UNKNOWN in tenures:
        return Answer.CANNOT_TELL, [said("the tenure of the parcel in the cadastre")]
    return Answer.CANNOT_TELL, [said("proof that the applicant may build on this land")]


def reservation_checks(case: Case) -> Iterator[Check]:
    """Yield one check per reservation on the plot, or one that says none is, or that nobody knows.

    A reservation binds when a decision adopted it; a proposed one warns.
    """
    for state in case.situation.states_of(RESERVATIONS):
        registered = reservations_of(state)
        for hit in state.hits:
            yield _overlap_check(case, hit, registered.get(hit.stable_id))
        if not state.hits or not state.is_surveyed:
            yield _free_check(state)


def _free_check(state: TopicState) -> Check:
    known = state.is_surveyed
    return Check(
        code="reservation",
        title=said("Land reservations"),
        answer=Answer.COMPLIES if known else Answer.CANNOT_TELL,
        explanation=said("No reserved land on this plot.")
        if known
        else said("Nothing can be said about reservations here."),
        basis=Basis.PLAN_PROVISION,
        provision=RESERVATION_PROVISION,
        source="overlays.csv, OV-RESERVE",
        missing=[] if known else [_unknown(state)],
    )


def _unknown(state: TopicState) -> Said:
    if not state.hits:
        return what_is_missing(state)
    return said("a register that is complete here: more of the plot may be reserved")


def _overlap_check(case: Case, hit: Hit, reservation: LandReservation | None) -> Check:
    decided = reservation is not None and _is_decided(reservation, case.situation.on)
    reference = reservation.reference if reservation else hit.stable_id
    instrument = _instrument(reservation) if reservation else ""
    return Check(
        code=f"reservation:{reference}",
        title=said("Land reservations"),
        answer=Answer.FAILS,
        explanation=said(
            "%(area)s m² of the plot lie in reservation %(reference)s (%(status)s).",
            area=hit.area_m2,
            reference=reference,
            status=labelled(ReservationStatus(reservation.status).label)
            if reservation
            else said("not in the register"),
        ),
        basis=Basis.PLAN_PROVISION if decided else Basis.GENERAL_KNOWLEDGE,
        provision=instrument or RESERVATION_PROVISION,
        source="overlays.csv, OV-RESERVE",
        measured=hit.area_m2,
        required=0.0,
        bound="max",
        unit="m2",
        evidence=hit.inside,
    )


def _is_decided(reservation: LandReservation, on: date) -> bool:
    """Tell whether a decision holds the land on a day: neither only proposed nor run out."""
    if reservation.status == ReservationStatus.PROPOSED:
        return False
    return reservation.expires_on is None or reservation.expires_on > on


def _instrument(reservation: LandReservation) -> str:
    if reservation.instrument:
        return reservation.instrument.key
    return reservation.instrument_text
