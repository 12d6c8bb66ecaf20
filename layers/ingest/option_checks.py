"""Whether the choices of an import fit each other and the file."""

from layers.errors import UserFacingError
from layers.ingest.formats import SourceFormat
from layers.ingest.options import GRID_CHOICES, ROW_CHOICES, ImportOptions, is_given
from layers.retold import gettext as _
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
        names = ", ".join(f"--{_OPTION_NAMES.get(n, n).replace('_', '-')}" for n in misplaced)
        raise UserFacingError(
            (
                _("The file is a raster; %(names)s is for vector files.")
                if is_grid
                else _("The file is a vector file; %(names)s is for rasters.")
            )
            % {"names": names},
            remedy=_("Leave the option out, or give the file you meant."),
        )


def _check_classes(options: ImportOptions, source_format: SourceFormat) -> None:
    if sum(map(bool, (options.land_use, options.classify, options.class_field))) > 1:
        raise UserFacingError(
            _("--class, --classify and --class-field exclude each other."),
            remedy=_("Say once where the class comes from."),
        )
    if options.classify and source_format is not SourceFormat.OSM_PBF:
        raise UserFacingError(
            _(
                "--classify osm reads the tags of an OpenStreetMap file "
                "(.osm.pbf); this is a %(title)s."
            )
            % {"title": source_format.title},
            remedy=_("Use --class CODE or --class-field COLUMN."),
        )


def _check_surveyed(options: ImportOptions) -> None:
    if options.surveyed_classes and not options.surveyed:
        raise UserFacingError(
            _(
                "--surveyed-class says for which classes, but not that the file's "
                "extent is surveyed."
            ),
            remedy=_("Add --surveyed complete, or leave --surveyed-class out."),
        )
    if options.surveyed and options.surveyed not in Completeness.values:
        raise UserFacingError(
            _("'%(surveyed)s' is no completeness.") % {"surveyed": options.surveyed},
            remedy=_("Use one of %(names)s.") % {"names": ", ".join(Completeness.values)},
        )


_OPTION_NAMES = {"land_use": "class"}
