"""Short ways to choose layers and classes in tests."""

from layers.profiles.decisions import ClassDecision, Decisions, LayerDecision
from layers.profiles.models import CityProfile
from layers.profiles.saving import save_profile

UNUSED = ClassDecision(use=False)


def chosen(hidden=(), unused=(), **changed):
    """Decisions of a profile in use that hides these layers and does not use these classes."""
    said = {
        "name_km": "ទម្រង់សាកល្បង",
        "name_en": "Trial",
        "in_use": True,
        "layers": {slug: LayerDecision(use=False) for slug in hidden},
        "classes": dict.fromkeys(unused, UNUSED),
    }
    return Decisions(**{**said, **changed})


def revision_of(code="trial"):
    return CityProfile.objects.filter(code=code).values_list("revision", flat=True).first() or 0


def keep(decisions, code="trial", reason="The council asked for it.", **how):
    """Save decisions over whatever stands under that code."""
    how.setdefault("revision", revision_of(code))
    return save_profile(code=code, decisions=decisions, reason=reason, **how)


def in_use(hidden=(), unused=(), code="trial", **changed):
    """Put a profile in use that hides these layers and does not use these classes."""
    keep(chosen(hidden, unused, **changed), code=code)
    return CityProfile.objects.get(code=code)
