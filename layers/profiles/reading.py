"""The profiles as they stand, and their record as far as a reader may see it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from layers.profiles.decisions import ClassDecision, Decisions, LayerDecision, decisions_from
from layers.profiles.differing import Change, differences
from layers.profiles.errors import UnknownProfileError
from layers.profiles.models import CityProfile, ProfileChange
from layers.visibility import Reader, visible_layers

LISTED_CHANGES = 30


def profile_in_use() -> CityProfile | None:
    """Return the profile that orders and shortens what readers see; None: everything is shown."""
    return CityProfile.objects.filter(is_active=True).first()


def profile_at_hand() -> CityProfile | None:
    """Return the profile in use; where none is, the one changed last."""
    in_use = profile_in_use()
    if in_use is not None:
        return in_use
    newest = ProfileChange.objects.select_related("profile").first()
    return newest.profile if newest else None


def profile_named(code: str) -> CityProfile:
    """Return a profile by its code.

    Raises
    ------
    UnknownProfileError
    """
    found = CityProfile.objects.filter(code=code).first()
    if found is None:
        known = list(CityProfile.objects.values_list("code", flat=True))
        raise UnknownProfileError(code, known)
    return found


def decisions_of(profile: CityProfile) -> Decisions:
    """Return what a profile says as it stands."""
    layers = profile.layers.select_related("layer").order_by("place")
    classes = profile.classes.select_related("land_use")
    return Decisions(
        name_km=profile.name_km,
        name_en=profile.name_en,
        in_use=profile.is_active,
        layers={
            row.layer.slug: LayerDecision(
                use=row.is_chosen, on=row.is_on, group_km=row.group_km, group_en=row.group_en
            )
            for row in layers
        },
        classes={
            row.land_use.code: ClassDecision(
                use=row.is_chosen, name_km=row.name_km, name_en=row.name_en
            )
            for row in classes
        },
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """A profile as it was read: a save made on it is refused once it has another revision."""

    code: str = ""
    revision: int = 0
    decisions: Decisions = field(default_factory=Decisions)


def standing_profile() -> Standing:
    """Return the profile at hand with the revision it was read at; an empty one for none."""
    profile = profile_at_hand()
    if profile is None:
        return Standing()
    # the revision was read first: a change between the two is told as one after the reading
    return Standing(profile.code, profile.revision, decisions_of(profile))


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """One entry of the record as a reader may see it."""

    changed_at: datetime
    changed_by: str
    reason: str  # empty where it may speak of layers the reader may not see
    changes: list[Change]


def record_of(profile: CityProfile, reader: Reader) -> list[RecordedChange]:
    """Return the newest changes; those about layers the reader may not see are left out."""
    seen = slugs_seen(reader)
    listed = profile.changes.select_related("changed_by")[:LISTED_CHANGES]
    told = [_recorded(row, seen) for row in listed]
    return [entry for entry in told if entry.changes]


def slugs_seen(reader: Reader) -> set[str]:
    """Return the names of the layers a reader may see."""
    return set(visible_layers(reader).values_list("slug", flat=True))


def _recorded(row: ProfileChange, seen: Collection[str]) -> RecordedChange:
    before, after = decisions_from(row.before), decisions_from(row.after)
    speaks_of = {slug for change in differences(before, after) for slug in change.slugs}
    return RecordedChange(
        changed_at=row.changed_at,
        changed_by=row.changed_by.get_username() if row.changed_by else "",
        reason=row.reason if speaks_of <= set(seen) else "",
        changes=differences(before.seen(seen), after.seen(seen)),
    )
