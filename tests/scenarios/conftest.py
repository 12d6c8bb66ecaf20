"""Files of tests go to a folder of their own, never to the deployment's."""

import pytest

from tests.scenarios.basins import HEAVY_RAIN, plain_with_a_pit, write_scenario


@pytest.fixture(autouse=True)
def media_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR_DIR = tmp_path / "var"
    return settings.MEDIA_ROOT


@pytest.fixture
def pit(tmp_path):
    return write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN)
