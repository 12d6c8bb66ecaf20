"""Whether the choices of an import fit each other and the file."""

from layers.errors import UserFacingError
from layers.ingest.formats import SourceFormat
from layers.ingest.options import GRID_CHOICES, ROW_CHOICES, ImportOptions, is_given
from layers.vocab import Completeness


def check_options(options: ImportOptions, source_format: SourceFormat) -> None:
    """Refuse options that contradict each other or the kind of file.

    Raises
    ------
    UserFacingError
        Says which options.
    """
    _check_misplaced(options, source_format)
    _check_classes(options, source_format)
    _check_surveyed(options)


def _check_misplaced(options: ImportOptions, source_format: SourceFormat) -> None:
    is_grid = source_format is SourceFormat.GEOTIFF
    misplaced = [
        name
        for name in (ROW_CHOICES if is_grid else GRID_CHOICES)
        if is_given(getattr(options, name))
    ]
    if misplaced:
        kind, other = ("raster", "vector files") if is_grid else ("vector file", "rasters")
        names = ", ".join(f"--{_OPTION_NAMES.get(n, n).replace('_', '-')}" for n in misplaced)
        raise UserFacingError(
            f"The file is a {kind}; {names} is for {other}.",
            remedy="Leave the option out, or give the file you meant.",
        )


def _check_classes(options: ImportOptions, source_format: SourceFormat) -> None:
    if sum(map(bool, (options.land_use, options.classify, options.class_field))) > 1:
        raise UserFacingError(
            "--class, --classify and --class-field exclude each other.",
            remedy="Say once where the class comes from.",
        )
    if options.classify and source_format is not SourceFormat.OSM_PBF:
        raise UserFacingError(
            "--classify osm reads the tags of an OpenStreetMap file (.osm.pbf); this is a "
            f"{source_format.title}.",
            remedy="Use --class CODE or --class-field COLUMN.",
        )


def _check_surveyed(options: ImportOptions) -> None:
    if options.surveyed_classes and not options.surveyed:
        raise UserFacingError(
            "--surveyed-class says for which classes, but not that the file's extent is surveyed.",
            remedy="Add --surveyed complete, or leave --surveyed-class out.",
        )
    if options.surveyed and options.surveyed not in Completeness.values:
        raise UserFacingError(
            f"'{options.surveyed}' is no completeness.",
            remedy=f"Use one of {', '.join(Completeness.values)}.",
        )


_OPTION_NAMES = {"land_use": "class"}
