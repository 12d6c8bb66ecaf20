"""Areas in a file become the surveyed area of a layer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely

from layers.errors import UserFacingError
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.options import ImportOptions
from layers.ingest.rows import opened_source, projection
from layers.ingest.shapes import check_shapes
from layers.models import SurveyedArea
from layers.queries import layer_named
from layers.services import set_surveyed_area
from layers.vocab import GeometryKind, IssueAction


def survey_from_file(
    *,
    layer: str,
    path: Path,
    completeness: str,
    classes: Sequence[str] = (),
    options: ImportOptions,
) -> SurveyedArea:
    """State the areas of a file as surveyed; all must be usable, or nothing changes.

    ``classes`` are those that were looked for (none: those the layer holds). ``options`` says how
    to read the file: source layer, CRS, day of the survey.

    Raises
    ------
    UserFacingError
        A file that cannot be read, without areas, or with a shape that is no valid area.
    """
    surveyed_layer = layer_named(layer)
    areas: list[np.ndarray] = []
    with opened_source(path, _vector_format(path), options) as (source, crs, _notes):
        for batch in source.batches():
            checked = check_shapes(
                batch.outlines,
                rows=batch.rows,
                project=projection(crs),
                kind=GeometryKind.POLYGON,
            )
            refused = [i.message for i in checked.issues if i.action == IssueAction.REFUSED]
            _refuse_unusable(path, refused)
            areas.append(checked.shapes)
    if not sum(map(len, areas)):
        raise UserFacingError(f"{path.name} holds no areas.", remedy="Draw at least one.")
    return set_surveyed_area(
        layer=surveyed_layer,
        geometry=shapely.union_all(np.concatenate(areas)),
        completeness=completeness,
        source=path.name,
        captured_on=options.captured_on,
        classes=classes,
    )


def _refuse_unusable(path: Path, messages: list[str]) -> None:
    if messages:
        raise UserFacingError(
            f"{path.name}: {len(messages)} shape(s) cannot state an area. {messages[0]}",
            remedy="A surveyed area must be exact: correct the file and try again.",
        )


def _vector_format(path: Path) -> SourceFormat:
    found = identify(path)
    if found in {SourceFormat.GEOTIFF, SourceFormat.OSM_PBF}:
        raise UserFacingError(
            f"{path.name} is {found.title}; a surveyed area is drawn as areas.",
            remedy="Give a GeoPackage, GeoJSON, FlatGeobuf or zipped Shapefile of areas.",
        )
    return found
