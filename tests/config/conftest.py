"""Clusters of their own for these tests: made in a folder every account can reach, then removed."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from config.cluster import place as places
from config.cluster import server


@pytest.fixture(scope="module")
def reachable_folder():
    # pytest's own tmp_path is closed to the account root hands over to
    folder = Path(tempfile.mkdtemp(prefix="krong-test-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def place_in(folder):
    """Return the place Krong would choose if it were told to use this folder."""
    before = os.environ.get("KRONG_PG_HOME")
    os.environ["KRONG_PG_HOME"] = str(folder)
    try:
        return places.find_place()
    finally:
        if before is None:
            del os.environ["KRONG_PG_HOME"]
        else:
            os.environ["KRONG_PG_HOME"] = before


@pytest.fixture(scope="module")
def made_cluster(reachable_folder):
    """Return a place with a cluster that was made and started once."""
    place = place_in(reachable_folder / "pg")
    with server.alone(place):
        server.start(place, say=lambda _message: None)
    yield place
    with server.alone(place):
        server.stop(place)


@pytest.fixture
def cluster(made_cluster):
    """Return the cluster, running."""
    with server.alone(made_cluster):
        server.start(made_cluster, say=lambda _message: None)
    return made_cluster
