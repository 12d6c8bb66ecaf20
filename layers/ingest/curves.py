"""Curves become lines of short pieces before anything else sees them; every one is noted."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from django.contrib.gis.gdal import GDALException, OGRGeometry

from layers.ingest.batches import SourceBatch
from layers.ingest.report import Issue
from layers.ingest.vocab import ImportText
from layers.ingest.wkb import type_codes
from layers.vocab import IssueAction, IssueKind

# ISO 13249-3: circular string, compound curve, curve polygon, multicurve, multisurface. A TIN or a
# polyhedral surface (15-17) is no curve and is refused later.
_CURVES = range(8, 13)
# GDAL's own step along an arc: 4 degrees, so a circle of 10 m radius is nowhere 7 mm off.
STEP_DEG = 4


def linearised(batch: SourceBatch) -> SourceBatch:
    """Return the batch with its curves as lines, and one issue for each row that had some."""
    codes, _sizes = type_codes(batch.outlines)
    curved = np.flatnonzero(np.isin(codes, _CURVES))
    if not len(curved):
        return batch
    blobs = batch.outlines.to_numpy(zero_copy_only=False)
    issues = []
    for index in curved:
        straight = _straight(blobs[index])
        if straight is not None:
            blobs[index] = straight
            issues.append(_noted(int(batch.rows[index])))
    return replace(batch, outlines=pa.array(blobs, pa.binary()), issues=(*batch.issues, *issues))


def _straight(blob: bytes) -> bytes | None:
    """Return the shape without curves, None when GDAL cannot read it."""
    try:
        return bytes(OGRGeometry(memoryview(blob)).get_linear_geometry().wkb)
    except GDALException:
        return None


def _noted(row: int) -> Issue:
    return Issue(
        row,
        IssueKind.CURVE_LINEARISED,
        IssueAction.REPAIRED,
        ImportText.CURVES,
        {"degrees": STEP_DEG},
    )
