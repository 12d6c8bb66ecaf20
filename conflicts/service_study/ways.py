"""The street networks of a study: one for each way of travel and time, services joined to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from conflicts.service_study.ground import Homes, Sites, StreetLines
from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.reach import Entrances, Ways
from conflicts.service_study.streets import Ints, Mask, Spots, StreetNetwork, Streets
from conflicts.service_study.vocab import Catchment, Horizon

# A street runs along a site when its centreline is within half the widest right of way of
# road_hierarchy.csv (60 m); an open site is entered every so many metres of it.
BESIDE_M, ENTRANCE_EVERY_M = 30.0, 20.0
NO_SPOTS = Spots(street=np.zeros(0, np.int64), along_m=np.zeros(0), off_m=np.zeros(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Networked:
    """A network with where each service is entered."""

    ways: Ways
    entrances: Mapping[str, Entrances]


@dataclass(kw_only=True, slots=True)
class NetworkBuilder:
    """Builds the networks that are asked for, each once."""

    question: ServiceQuestion
    lines: StreetLines
    homes: Homes
    sites: Mapping[str, Sites]
    open_services: frozenset[str]
    _built: dict[bytes, Networked] = field(default_factory=dict)

    def network(self, catchment: Catchment, horizon: Horizon) -> Networked | None:
        """Return the network of a way of travel at a time, all services and homes joined to it."""
        usable = self.lines.usable(catchment, horizon)
        if not usable.any():
            return None
        restricted = self.lines.restricted(catchment) & usable
        key = usable.tobytes() + restricted.tobytes()
        if key not in self._built:
            self._built[key] = self._build(usable, restricted)
        return self._built[key]

    def _build(self, usable: Mask, restricted: Mask) -> Networked:
        streets = Streets(self.lines.lines[usable], self.lines.levels[usable], restricted[usable])
        doors = {code: self._doors(streets, code) for code in self.sites}
        stops = _joined([spots for _of_site, spots in doors.values()])
        network = StreetNetwork(streets, stops, self.question.tolerance_m)
        ways = Ways(
            network=network,
            homes=streets.nearest(self.homes.points),
            known=self.lines.known,
            access_m=self.question.access_m,
        )
        return Networked(ways=ways, entrances=_entrances(doors, network))

    def _doors(self, streets: Streets, code: str) -> tuple[Ints, Spots]:
        """Return where the sites of a service are entered, and of which site each door is."""
        shapes = self.sites[code].shapes
        if not len(shapes):
            return np.zeros(0, np.int64), NO_SPOTS
        near = streets.nearest(shapes)
        kept = near.off_m <= self.question.access_m
        of_site, spots = np.flatnonzero(kept), near.some(kept)
        if code not in self.open_services:
            return of_site, spots
        of_open, along = streets.beside(shapes, BESIDE_M, ENTRANCE_EVERY_M)
        return np.concatenate([of_site, of_open]), _joined([spots, along])


def _joined(stops: Sequence[Spots]) -> Spots:
    parts = [NO_SPOTS, *stops]
    return Spots(
        street=np.concatenate([part.street for part in parts]),
        along_m=np.concatenate([part.along_m for part in parts]),
        off_m=np.concatenate([part.off_m for part in parts]),
    )


def _entrances(
    doors: Mapping[str, tuple[Ints, Spots]], network: StreetNetwork
) -> dict[str, Entrances]:
    found, first = {}, 0
    for code, (of_site, spots) in doors.items():
        last = first + len(spots)
        nodes = network.stop_nodes[first:last]
        found[code] = Entrances(nodes=nodes, off_m=spots.off_m, of_site=of_site)
        first = last
    return found
