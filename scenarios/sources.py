"""Where a scenario's data come from when everything is a file: terrain, areas, digests.

``queries.CatalogueSources`` adds the layers of the catalogue; a run needs no database without.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyogrio
from django.utils.translation import gettext as _
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry.base import BaseGeometry

from layers.crs import reproject
from scenarios.errors import TerrainError
from scenarios.spec import Place
from scenarios.terrain import Grid


@dataclass(frozen=True, kw_only=True, slots=True)
class TerrainFile:
    """A terrain on disk, with what is known about how it was made."""

    path: Path
    made: str
    vertical_datum: str


@dataclass(frozen=True, slots=True)
class Area:
    """A shape on the grid's coordinates with the value of the attribute that was asked for."""

    geometry: BaseGeometry
    value: Any


class Sources(Protocol):
    """What a scenario asks of its surroundings."""

    def terrain(self, place: Place) -> TerrainFile:
        """Return the terrain at a place."""

    def areas(self, place: Place, attribute: str, grid: Grid) -> Sequence[Area]:
        """Return the shapes at a place, in the coordinates of the grid."""

    def digest(self, place: Place) -> str:
        """Return what changes when the data at a place change."""


class FileSources:
    """Sources of a scenario that names only files."""

    def terrain(self, place: Place) -> TerrainFile:
        """Return a GeoTIFF; how it was made only the scenario can say."""
        return TerrainFile(path=self._file(place), made="", vertical_datum="")

    def areas(self, place: Place, attribute: str, grid: Grid) -> Sequence[Area]:
        """Return the shapes of a vector file.

        Raises
        ------
        TerrainError
            The file is unreadable, has no such layer, attribute or coordinate system.
        """
        path = self._file(place)
        try:
            frame = pyogrio.read_dataframe(path, layer=place.file_layer or None)
        except (DataSourceError, DataLayerError, ValueError) as error:
            raise TerrainError(
                _("%(place)s cannot be read.") % {"place": place},
                remedy=_("Check the file and the name of its layer."),
            ) from error
        if attribute and attribute not in frame.columns:
            raise TerrainError(
                _("%(place)s has no attribute '%(attribute)s'.")
                % {"place": place, "attribute": attribute},
                remedy=_("It has: %(names)s.")
                % {"names": ", ".join(c for c in frame.columns if c != "geometry")},
            )
        srid = None if frame.crs is None else frame.crs.to_epsg()
        if srid is None:
            raise TerrainError(
                _("%(place)s does not state its coordinate system by an EPSG code.")
                % {"place": place},
                remedy=_("Write the EPSG code into the file."),
            )
        values = frame[attribute] if attribute else [None] * len(frame)
        shapes = on_grid(frame.geometry.array, srid, grid)
        return [Area(s, v) for s, v in zip(shapes, values, strict=True) if s is not None]

    def digest(self, place: Place) -> str:
        """Return the SHA-256 of a file with all that belongs to it."""
        return file_digest(self._file(place))

    def _file(self, place: Place) -> Path:
        if place.file is None:
            raise TerrainError(
                _("The layer '%(layer)s' cannot be read without the catalogue.")
                % {"layer": place.layer},
                remedy=_("Run it with './krong scenario run', or name a file."),
            )
        return place.file


def on_grid(geometries: Any, srid: int, grid: Grid) -> Any:  # noqa: ANN401 - shapely arrays
    """Return geometries in the coordinates of the grid."""
    if grid.srid is None:
        raise TerrainError(
            _("The terrain's coordinate system has no EPSG code, so nothing can be laid over it."),
            remedy=_("Write the EPSG code into the terrain file."),
        )
    return reproject(geometries, srid, grid.srid)


# Where GDAL looks for the rest of a data set: a Shapefile keeps its attributes beside its shapes.
SIDECAR_SUFFIXES = (".dbf", ".shx", ".prj", ".cpg", ".tfw")
SIDECAR_ENDINGS = (".aux.xml", "-wal")


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file and of those beside it that belong to it."""
    seen = hashlib.sha256()
    beside = [path.with_suffix(suffix) for suffix in SIDECAR_SUFFIXES]
    beside += [path.with_name(path.name + ending) for ending in SIDECAR_ENDINGS]
    for part in (path, *(each for each in beside if each != path and each.is_file())):
        with part.open("rb") as file:
            seen.update(hashlib.file_digest(file, "sha256").digest())
    return seen.hexdigest()
