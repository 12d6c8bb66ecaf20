"""A deployment's own choices: its secret, its drivers, its one system of coordinates."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import NoReverseMatch, reverse

from config import gdal

ROOT = Path(__file__).resolve().parents[2]


def in_a_new_process(code, **environment):
    """Run Python with the settings loaded afresh; return what it printed."""
    chosen = {
        k: v for k, v in os.environ.items() if not k.startswith("KRONG_") or k == "KRONG_PG_HOME"
    }
    chosen |= {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], env=chosen, capture_output=True, text=True, timeout=60,
        check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SAY = "from django.conf import settings; print(settings.{})"


def test_each_deployment_makes_its_secret_once_keeps_it_to_its_owner_and_long(tmp_path):
    other = in_a_new_process(SAY.format("SECRET_KEY"), KRONG_VAR=str(tmp_path / "other"))
    first = in_a_new_process(SAY.format("SECRET_KEY"), KRONG_VAR=str(tmp_path))
    again = in_a_new_process(SAY.format("SECRET_KEY"), KRONG_VAR=str(tmp_path))
    kept = tmp_path / "secret-key"
    assert first == again == kept.read_text().strip()
    assert len(first) >= 50
    assert other != first
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_secret_from_the_environment_writes_no_file(tmp_path):
    said = in_a_new_process(
        SAY.format("SECRET_KEY"), KRONG_VAR=str(tmp_path), KRONG_SECRET_KEY="from-outside"
    )
    assert said == "from-outside"
    assert not (tmp_path / "secret-key").exists()


@pytest.mark.parametrize(("given", "debug"), [({}, "False"), ({"KRONG_DEBUG": "1"}, "True"),
                                              ({"KRONG_DEBUG": "yes"}, "False")])  # fmt: skip
def test_errors_are_shown_in_full_only_when_asked_for(tmp_path, given, debug):
    assert in_a_new_process(SAY.format("DEBUG"), KRONG_VAR=str(tmp_path), **given) == debug


def test_only_this_machine_may_ask_unless_hosts_are_named(tmp_path):
    said = in_a_new_process(SAY.format("ALLOWED_HOSTS"), KRONG_VAR=str(tmp_path))
    assert "127.0.0.1" in said
    assert "*" not in said
    said = in_a_new_process(
        SAY.format("ALLOWED_HOSTS"), KRONG_VAR=str(tmp_path), KRONG_HOSTS="plan.example.kh"
    )
    assert said == "['plan.example.kh']"


def test_another_city_counts_in_its_own_system(tmp_path):
    code = "import django; django.setup(); from layers.crs import PROJECT_SRID, crs_of, is_metric;"
    code += "print(PROJECT_SRID, is_metric(crs_of(PROJECT_SRID)))"
    said = in_a_new_process(code, KRONG_VAR=str(tmp_path), KRONG_SRID="26986")
    assert said == "26986 True"


def test_cambodia_is_the_default_and_khmer_the_first_language():
    assert settings.KRONG_SRID == 32648
    assert settings.LANGUAGE_CODE == "km"
    assert [code for code, _name in settings.LANGUAGES] == ["km", "en"]
    assert settings.TIME_ZONE == "Asia/Phnom_Penh"


class TestGdal:
    def test_krongs_drivers_are_there_and_those_that_follow_references_are_not(self):
        code = (
            "from config import gdal; gdal.configure(); import pyogrio;"
            "known = set(pyogrio.list_drivers());"
            "print({'GPKG', 'GeoJSON', 'ESRI Shapefile', 'FlatGeobuf', 'OSM'} <= known,"
            " known & {'VRT', 'OGR_VRT', 'WFS', 'HTTP', 'CSW', 'ESRIJSON', 'OAPIF', 'Elastic'})"
        )
        assert in_a_new_process(code) == "True set()"

    def test_a_raster_that_points_to_another_file_is_not_opened(self, tmp_path):
        (tmp_path / "a.vrt").write_text(
            '<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1">'
            "<SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource>"
            "</VRTRasterBand></VRTDataset>"
        )
        code = (
            "from config import gdal; gdal.configure(); import rasterio\n"
            f"try:\n    rasterio.open({str(tmp_path / 'a.vrt')!r}); print('opened')\n"
            "except rasterio.errors.RasterioIOError: print('refused')"
        )
        assert in_a_new_process(code) == "refused"

    def test_what_the_user_set_for_gdal_is_left_alone(self, monkeypatch):
        monkeypatch.setenv("OGR_SKIP", "own")
        gdal.configure()
        assert os.environ["OGR_SKIP"] == "own"

    def test_coordinates_are_never_asked_of_the_network(self):
        assert os.environ["PROJ_NETWORK"] == "OFF"

    def test_django_uses_the_libraries_of_the_wheels_not_of_the_system(self):
        for path in (settings.GDAL_LIBRARY_PATH, settings.GEOS_LIBRARY_PATH):
            assert "site-packages" in path
            assert Path(path).is_file()

    def test_outside_a_wheel_the_systems_library_is_left_to_django(self):
        assert gdal._wheel_library("os", "libgdal*.so*") is None


class TestAddresses:
    @pytest.mark.parametrize(
        "name",
        ["map", "layers", "identify", "search", "findings", "findings-geojson", "scenarios",
         "extract", "permits", "reservations", "login", "logout"],
    )  # fmt: skip
    def test_every_page_of_the_menu_has_an_address(self, name):
        assert reverse(name).startswith("/")

    def test_no_page_for_administrators_is_open_by_default(self):
        with pytest.raises(NoReverseMatch):
            reverse("admin:index")

    @pytest.mark.django_db
    def test_a_request_for_a_foreign_host_is_refused(self, client, settings):
        settings.ALLOWED_HOSTS = ["127.0.0.1"]
        assert client.get("/map/", headers={"Host": "evil.example"}).status_code == 400
