"""What stands on the plot already: it covers ground and has floors, unless it is taken down.

The applicant states which buildings go; of a building nobody names it is taken that it stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.models import Layer
from layers.visibility import Seen
from layers.vocab import Lifecycle
from planning.errors import ApplicationError
from planning.permits.application import Proposal
from planning.sentences import Said, said
from planning.situation import WHOLE_SHARE, Hit, hits_on, mattering, surveyed_shares

BUILDING_LAYER = "buildings"
# What covers ground now, or may be built without a further permit.
STANDING = frozenset({Lifecycle.EXISTING, Lifecycle.UNDER_CONSTRUCTION, Lifecycle.PERMITTED})


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The buildings that stay on a plot, cut at its border."""

    staying: Sequence[Hit] = ()
    is_known: bool = True  # the whole plot was surveyed, or the applicant clears it
    version: tuple[str, int] | None = None  # of the building layer that was asked

    @cached_property
    def ground(self) -> BaseGeometry:
        """The ground the buildings cover; where two overlap it counts once."""
        return shapely.union_all([hit.inside for hit in self.staying])

    def covered_m2(self, footprint: BaseGeometry | None) -> float:
        """Return the ground the buildings cover beside a new one that is drawn [m2]."""
        beside = self.ground if footprint is None else self.ground.difference(footprint)
        return float(beside.area)

    @property
    def floor_area_m2(self) -> float:
        """The floors of the buildings on the plot [m2], one where their number is not known."""
        return sum(hit.area_m2 * (_storeys(hit) or 1.0) for hit in self.staying)

    @property
    def of_unknown_floors(self) -> list[str]:
        """The buildings nobody counted the floors of."""
        return sorted(hit.stable_id for hit in self.staying if _storeys(hit) is None)

    @property
    def names(self) -> str:
        """The identifiers of the buildings."""
        return ", ".join(sorted(hit.stable_id for hit in self.staying))


def standing_on(site: BaseGeometry, proposal: Proposal, *, seen: Seen) -> Standing:
    """Return what stays on a site beside the proposal; hidden or unsurveyed is not known.

    Raises
    ------
    ApplicationError
        A building is to be demolished that does not stand on the plot.
    """
    clears = proposal.clears_plot
    layer = Layer.objects.filter(slug=BUILDING_LAYER).exclude(published_number=None).first()
    if layer is None or layer.visibility not in seen:
        return Standing(is_known=clears)
    number = layer.published_number or 0
    found = [hit for hit in hits_on(site, [(layer.pk, number)]) if hit.lifecycle in STANDING]
    _refuse_strangers(proposal, found)
    share = surveyed_shares(site, [layer.pk]).get(layer.pk, 0.0)
    return Standing(
        staying=[hit for hit in mattering(found) if not proposal.demolishes(hit.stable_id)],
        is_known=clears or share >= WHOLE_SHARE,
        version=(layer.slug, number),
    )


def _refuse_strangers(proposal: Proposal, found: Sequence[Hit]) -> None:
    here = {hit.stable_id for hit in found}
    if proposal.clears_plot or not (strangers := sorted(set(proposal.demolished) - here)):
        return
    known = ", ".join(sorted(here)[:12])
    listed = _("On the plot stand: %(names)s.") % {"names": known}
    raise ApplicationError(
        _("No building %(names)s stands on the plot.") % {"names": ", ".join(strangers)},
        remedy=listed if known else _("No building is mapped on the plot."),
        field="demolished",
    )


def _storeys(hit: Hit) -> float | None:
    """Return how many storeys a building states; a number below one is no count."""
    value = hit.properties.get("storeys")
    is_count = isinstance(value, int | float) and not isinstance(value, bool) and value >= 1
    return float(value) if is_count and value is not None else None


def unknown_floors(standing: Standing) -> Said:
    """Return the question of the floors of buildings that stay."""
    names = ", ".join(standing.of_unknown_floors)
    return said("the number of floors of what stays on the plot: %(names)s", names=names)


def unknown_ground() -> Said:
    """Return the question of what else stands on a plot nobody surveyed."""
    return said(
        "which buildings stand on the plot already: nobody surveyed it; state that nothing else "
        "stands, if so"
    )
