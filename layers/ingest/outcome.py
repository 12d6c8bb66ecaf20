"""What only the whole file reveals: that it is empty, in another CRS, or without one usable row."""

from pyproj import CRS

from layers.crs import PROJECT_SRID, WGS84_SRID
from layers.errors import UserFacingError
from layers.ingest.features import FeatureStream
from layers.ingest.report import Issue
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
            f"{name} holds no rows. Nothing was imported; the layer stays as it is.",
            remedy="Check the export: perhaps a filter or selection was active.",
        )
    counts.close()
    stream.labeller.check_some_known()
    _check_place(name, stream, crs)
    if counts.stored:
        return
    if counts.unclassified == counts.read:
        raise UserFacingError(
            f"{name}: none of its {counts.read} objects has a class. Nothing was stored.",
            remedy="Load the classes (./krong load_classes), or add --keep-unclassified.",
        )
    causes = ", ".join(f"{IssueKind(kind).label}: {n}" for kind, n in stream.refusals.items())
    raise UserFacingError(
        f"{name}: not one of its {counts.read} rows can be stored ({causes}). Nothing was stored.",
        remedy="Correct the file at its source and import again.",
    )


def note_dropped_heights(stream: FeatureStream) -> None:
    """Note once that heights were left out: shapes are stored flat."""
    if stream.heights_dropped:
        stream.issues.add(
            Issue(
                0,
                IssueKind.DIMENSION_DROPPED,
                IssueAction.KEPT,
                f"{stream.heights_dropped} shapes carried heights or measures; they are stored "
                "without them.",
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
            f"{name} states {crs.name}, which counts in {crs.axis_info[0].unit_name}, but all "
            "its coordinates look like degrees. Nothing was stored.",
            remedy=f"Its coordinates are probably longitude and latitude (EPSG:{WGS84_SRID}): "
            "correct the coordinate system at the source.",
        )
    if all_outside:
        raise UserFacingError(
            f"{name}: {outside} of {counts.read} rows lie outside the area of the project's "
            f"coordinate system EPSG:{PROJECT_SRID}, none inside, read as {crs.name}. "
            "Nothing was stored.",
            remedy="The stated coordinate system is probably wrong, or the axes are swapped. "
            "Check it against a map and correct it at the source.",
        )
