"""Filters of findings that mean nothing: nothing found for a slip of the pen is no answer."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.models import WHOLE_LAYER, Finding, Rule, RuleBook
from layers.models import Feature, Layer

LISTS = ("", "each")  # by rule and place, or every conflict


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
    for side in ("subject", "object"):
        _refuse_unknown_layer(f"{side}_layer", asked[f"{side}_layer"], hidden)
        _refuse_unknown_place(side, asked[side], asked[f"{side}_layer"], hidden)


def refuse_unknown_list(view: str) -> None:
    """Refuse a form of the list that there is not."""
    if view not in LISTS:
        raise _unknown("view", _("There is no list '%(value)s'."), view, LISTS[1:])


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


def _unknown(field: str, pattern: str, value: str, known: list[str] | tuple[str, ...]) -> Exception:
    return RuleFieldError(
        field,
        pattern % {"value": value[:80]},
        remedy=_("Use one of: %(known)s.") % {"known": ", ".join(known[:20]) or "–"},
    )
