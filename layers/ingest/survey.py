"""Areas in a file become the surveyed area of a layer."""

from collections.abc import Sequence
from pathlib import Path

from layers.errors import UserFacingError
from layers.ingest.confined import limits
from layers.ingest.confined.reader import reading
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.options import ImportOptions
from layers.ingest.rows import shape_of
from layers.models import SurveyedArea
from layers.queries import layer_named
from layers.retold import gettext as _
from layers.services import set_surveyed_area


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
    with reading(
        task="areas",
        path=path,
        limits=limits.IMPORTING,
        source_format=_vector_format(path).name,
        options=options.as_fields(),
    ) as begun:
        area = shape_of(begun.result().get("area"), path.name)
    return set_surveyed_area(
        layer=surveyed_layer,
        geometry=area,
        completeness=completeness,
        source=path.name,
        captured_on=options.captured_on,
        classes=classes,
    )


def _vector_format(path: Path) -> SourceFormat:
    found = identify(path)
    if found in {SourceFormat.GEOTIFF, SourceFormat.OSM_PBF}:
        raise UserFacingError(
            _("%(name)s is %(title)s; a surveyed area is drawn as areas.")
            % {"name": path.name, "title": found.title},
            remedy=_("Give a GeoPackage, GeoJSON, FlatGeobuf or zipped Shapefile of areas."),
        )
    return found
