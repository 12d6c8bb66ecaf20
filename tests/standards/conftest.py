"""A grid beside the layer of features."""

import numpy as np
import pytest

from tests.layers.web_map import published_grid


@pytest.fixture
def terrain(request, tmp_path, settings):
    """Water 1 m deep on 400 m x 400 m south-east of the origin."""
    live = "live_server" in request.fixturenames
    request.getfixturevalue("transactional_db" if live else "db")
    settings.MEDIA_ROOT = tmp_path / "media"
    return published_grid(tmp_path, "terrain", np.ones((40, 40)))
