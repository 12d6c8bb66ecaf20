"""What only the whole file reveals: that it is empty, in another CRS, or without one usable row."""

from pyproj import CRS

from layers.crs import PROJECT_SRID, WGS84_SRID
from layers.errors import UserFacingError
from layers.ingest.features import FeatureStream
from layers.ingest.report import Issue
from layers.ingest.vocab import ImportText
from layers.retold import gettext as _
from layers.vocab import IssueAction, IssueKind


def check_outcome(name: str, stream: FeatureStream, crs: CRS) -> None:
    """Refuse a file as a whole; the layer then stays as it is.

    Raises
    ------
    UserFacingError
        No rows, no classes, coordinates that belong to another CRS, no usable row, or a balance
        that does not close.
    """
    counts = stream.counts
    if not counts.read:
        raise UserFacingError(
            _("%(name)s holds no rows. Nothing was imported; the layer stays as it is.")
            % {"name": name},
            remedy=_("Check the export: perhaps a filter or selection was active."),
        )
    counts.close()
    stream.labeller.check_some_known()
    _check_place(name, stream, crs)
    if counts.stored:
        return
    if counts.unclassified == counts.read:
        raise UserFacingError(
            _("%(name)s: none of its %(read)s objects has a class. Nothing was stored.")
            % {"name": name, "read": counts.read},
            remedy=_("Load the classes (./krong load_classes), or add --keep-unclassified."),
        )
    causes = ", ".join(f"{IssueKind(kind).label}: {n}" for kind, n in stream.refusals.items())
    raise UserFacingError(
        _("%(name)s: not one of its %(read)s rows can be stored (%(causes)s). Nothing was stored.")
        % {"name": name, "read": counts.read, "causes": causes},
        remedy=_("Correct the file at its source and import again."),
    )


def note_dropped_heights(stream: FeatureStream) -> None:
    """Note once that heights were left out: shapes are stored flat."""
    if stream.heights_dropped:
        stream.issues.add(
            Issue(
                0,
                IssueKind.DIMENSION_DROPPED,
                IssueAction.KEPT,
                ImportText.HEIGHTS,
                {"count": stream.heights_dropped},
                value=str(stream.heights_dropped),
            )
        )


def _check_place(name: str, stream: FeatureStream, crs: CRS) -> None:
    """Refuse a file whose coordinates belong to another CRS than it states."""
    counts = stream.counts
    outside = stream.refusals[IssueKind.OUTSIDE_EXTENT]
    all_outside = outside > 0 and not counts.stored
    if crs.is_projected and stream.degrees_like and (counts.stored or all_outside):
        raise UserFacingError(
            _(
                "%(name)s states %(crs)s, which counts in %(unit_name)s, but "
                "all its coordinates look like degrees. Nothing was stored."
            )
            % {"name": name, "crs": crs.name, "unit_name": crs.axis_info[0].unit_name},
            remedy=_(
                "Its coordinates are probably longitude and latitude "
                "(EPSG:%(wgs84_srid)s): correct the coordinate system at the "
                "source."
            )
            % {"wgs84_srid": WGS84_SRID},
        )
    if all_outside:
        raise UserFacingError(
            _(
                "%(name)s: %(outside)s of %(read)s rows lie outside the area of "
                "the project's coordinate system EPSG:%(project_srid)s, none "
                "inside, read as %(crs)s. Nothing was stored."
            )
            % {
                "name": name,
                "outside": outside,
                "read": counts.read,
                "project_srid": PROJECT_SRID,
                "crs": crs.name,
            },
            remedy=_(
                "The stated coordinate system is probably wrong, or the axes are "
                "swapped. Check it against a map and correct it at the source."
            ),
        )
