"""GDAL's OAPIF driver reads the findings from a live server, as QGIS does."""

import sys

import pytest

from tests.conflicts.review.ground import detected, sangkats
from tests.factories import EAST, NORTH
from tests.standards.test_clients import client

pytestmark = pytest.mark.django_db(transaction=True)


def test_gdal_reads_the_findings_with_their_measures(live_server):
    sangkats()
    detected()

    told = client(sys.executable, "gdal_findings.py", f"{live_server.url}/ogc/", "findings")

    assert "findings" in told["layers"]
    assert told["objects"] == ["M", "S-EAST", "S-NORTH"]
    assert told["measured"] == {"M": 2_500.0, "S-EAST": 180.0, "S-NORTH": 50.0}
    assert told["critical"] == ["M"]
    assert all(any("\u1780" <= sign <= "\u17ff" for sign in text) for text in told["explained"])
    # read in the city's own metres: the gap ends at the school in the east, and at the one north
    _west, _south, east, north = told["bounds"]
    assert (east - EAST, north - NORTH) == pytest.approx((280, 150), abs=0.001)
