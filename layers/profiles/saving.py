"""Keep a profile: all of it or nothing, with its reason, never over somebody else's change."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from layers.models import LandUseClass, Layer
from layers.profiles.decisions import ClassDecision, Decisions, LayerDecision
from layers.profiles.errors import (
    NoReasonError,
    StaleProfileError,
    UnknownInProfileError,
    UnusableReasonError,
)
from layers.profiles.models import CityProfile, ProfileChange, ProfileClass, ProfileLayer
from layers.profiles.reading import decisions_of
from layers.profiles.text import check_reason
from layers.profiles.vocab import ProfileAction


def save_profile(
    *, code: str, decisions: Decisions, revision: int, reason: str, changed_by: User | None = None
) -> bool:
    """Store what a profile says; return whether anything changed.

    ``revision`` is the one it was read at, 0 for a profile that did not exist. Putting it in use
    takes the one before out of use, which stands in that one's record too. Either all of it is
    stored or none.

    Raises
    ------
    StaleProfileError, NoReasonError, UnusableReasonError, UnknownInProfileError
    """
    by = _By(checked_reason(reason), changed_by)
    try:
        with transaction.atomic():
            return _saved(code, decisions, revision, by)
    except IntegrityError as error:  # two made the same profile, or put one in use, at once
        raise StaleProfileError(code) from error


def checked_reason(reason: str) -> str:
    """Return a reason as it is kept: one there must be, and it must be readable."""
    kept = reason.strip()
    if not kept:
        raise NoReasonError
    if problem := check_reason(kept):
        raise UnusableReasonError(problem)
    return kept


@dataclass(frozen=True, slots=True)
class _By:
    """Who changes something and why."""

    reason: str
    account: User | None


def _saved(code: str, decisions: Decisions, revision: int, by: _By) -> bool:
    locked = list(CityProfile.objects.select_for_update().order_by("pk"))
    profile = next((row for row in locked if row.code == code), None)
    if (profile.revision if profile else 0) != revision:
        raise StaleProfileError(code)
    before = decisions_of(profile) if profile else None
    if before is not None and before.is_same(decisions):
        return False
    if decisions.in_use:
        _end_use([row for row in locked if row.is_active and row.code != code], by)
    if profile is None:
        profile = CityProfile(code=code)
    _write(profile, decisions)
    _record(profile, before, decisions, by)
    return True


def _end_use(profiles: list[CityProfile], by: _By) -> None:
    for profile in profiles:
        before = decisions_of(profile)
        profile.is_active = False
        profile.revision += 1
        profile.save()
        _record(profile, before, decisions_of(profile), by)


def _record(profile: CityProfile, before: Decisions | None, after: Decisions, by: _By) -> None:
    ProfileChange.objects.create(
        profile=profile,
        number=profile.revision,
        action=ProfileAction.CREATE if before is None else ProfileAction.CHANGE,
        before=before.as_json() if before else {},
        after=after.as_json(),
        reason=by.reason,
        changed_by=by.account,
    )


def _write(profile: CityProfile, decisions: Decisions) -> None:
    layers = dict(Layer.objects.filter(slug__in=decisions.layers).values_list("slug", "pk"))
    _refuse_unknown(_("layers"), set(decisions.layers) - set(layers))
    found = LandUseClass.objects.filter(code__in=decisions.classes)
    classes = dict(found.values_list("code", "pk"))
    _refuse_unknown(_("classes"), set(decisions.classes) - set(classes))
    profile.name_km, profile.name_en = decisions.name_km, decisions.name_en
    profile.is_active = decisions.in_use
    profile.revision += 1
    profile.save()
    profile.layers.all().delete()
    profile.classes.all().delete()
    ProfileLayer.objects.bulk_create(
        _layer_row(profile, layers[slug], place, decided)
        for place, (slug, decided) in enumerate(decisions.layers.items(), start=1)
    )
    ProfileClass.objects.bulk_create(
        _class_row(profile, classes[code], decided) for code, decided in decisions.classes.items()
    )


def _refuse_unknown(what: str, names: set[str]) -> None:
    if names:
        raise UnknownInProfileError(what, sorted(names))


def _layer_row(
    profile: CityProfile, layer: int, place: int, decided: LayerDecision
) -> ProfileLayer:
    return ProfileLayer(
        profile=profile,
        layer_id=layer,
        place=place,
        is_chosen=decided.use,
        is_on=decided.on,
        group_km=decided.group_km,
        group_en=decided.group_en,
    )


def _class_row(profile: CityProfile, land_use: int, decided: ClassDecision) -> ProfileClass:
    return ProfileClass(
        profile=profile,
        land_use_id=land_use,
        is_chosen=decided.use,
        name_km=decided.name_km,
        name_en=decided.name_en,
    )
