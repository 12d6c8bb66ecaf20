"""The demo city from nothing to answers: the commands a city would give, in their order."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas
import yaml
from django.conf import settings
from shapely.geometry.base import BaseGeometry

from fixtures.demo_city import DemoCity, generate
from layers.queries import layer_named
from layers.services import set_surveyed_area

Arguments = tuple[str, ...]
RULE_BOOK = Path(settings.BASE_DIR) / "fixtures" / "rulebook" / "krong-demo.yaml"
RULE_BOOK_CODE = "krong-demo"
PROFILE = Path(settings.BASE_DIR) / "fixtures" / "demo_city" / "profile.yaml"
DETECT = ("detect", "--rulebook", RULE_BOOK_CODE)
PLAN_CODE = "demo-lup"
PLAN_FROM = "2026-01-01"
SOURCE = "Synthetic demo city, generator {version}, seed {seed}: no place on earth"


@dataclass(frozen=True, slots=True)
class CityLayer:
    """One layer of the generator's GeoPackage and how the catalogue describes it."""

    source: str
    theme: str
    title_km: str
    title_en: str
    has_class: bool = True

    @property
    def slug(self) -> str:
        """The layer's name in the catalogue."""
        return self.source.replace("_", "-")


# Themes order the map's layer tree; the Khmer titles are drafts to be checked by the city.
CITY_LAYERS = (
    CityLayer("sea", "base-sea", "សមុទ្រ", "Sea"),
    CityLayer("coastline", "base-coast", "ឆ្នេរសមុទ្រ", "Coastline"),
    CityLayer("sangkat", "base-boundaries", "សង្កាត់", "Sangkats", has_class=False),
    CityLayer("land_cover", "environment", "គម្របដី", "Land cover"),
    CityLayer("waterways", "base-water", "ទន្លេ អូរ ប្រឡាយ", "Rivers, streams and canals"),
    CityLayer("roads", "base-roads", "ផ្លូវ", "Roads"),
    CityLayer("zones", "plan", "តំបន់ប្រើប្រាស់ដី", "Land-use zones"),
    CityLayer("parcels", "cadastre", "ក្បាលដី", "Parcels", has_class=False),
    CityLayer("buildings", "cadastre", "សំណង់", "Buildings"),
    CityLayer("facilities", "facilities", "សេវាសាធារណៈ និងទីតាំងសំខាន់ៗ", "Facilities"),
    CityLayer(
        "flood_upland",
        "hazard-flood",
        "ទឹកជំនន់អូរតំបន់ខ្ពង់រាប (១០០ ឆ្នាំ)",
        "Flood of the Upland Stream (100 years)",
        has_class=False,
    ),
)


def draw_city(out_dir: Path, on_progress: Callable[[int, int, str], None]) -> DemoCity:
    """Generate the files of the demo city, unless the same generator already did."""
    return generate(out_dir, on_progress=on_progress)


def loading_steps(city: DemoCity) -> Iterator[Arguments]:
    """Yield the commands that bring classes, layers and terrain into the database."""
    source = SOURCE.format(version=city.generator_version, seed=city.seed)
    described = ("--source", source, "--licence", "CC0-1.0", "--captured-on", "2026-06-30")
    yield ("load_classes",)
    for layer in CITY_LAYERS:
        yield (
            "import", str(city.gpkg), "--layer", layer.slug, "--source-layer", layer.source,
            *(("--class-field", "land_use") if layer.has_class else ()),
            "--lifecycle-field", "lifecycle", "--theme", layer.theme,
            "--title-km", layer.title_km, "--title-en", layer.title_en, *described,
        )  # fmt: skip
    for slug, file, title_km, title_en in (
        ("terrain", city.terrain, "កម្ពស់ដី", "Terrain"),
        ("terrain-upland", city.terrain_upland, "កម្ពស់ដីតំបន់ខ្ពង់រាប", "Terrain of the hinterland"),
    ):
        yield (
            "import", str(file), "--layer", slug, "--theme", "terrain",
            "--quantity", "elevation", "--units", "m", "--vertical-datum",
            "synthetic, metres above mean sea level",
            "--title-km", title_km, "--title-en", title_en, *described,
        )  # fmt: skip
    yield ("topology", "zones")  # two zones of a plan never lie on the same ground


def answering_steps(city: DemoCity) -> Iterator[Arguments]:
    """Yield the commands that make the plan, find conflicts, flood, reserve and choose layers."""
    yield (
        "plan", "adopt", "--plan", PLAN_CODE, "--zones", "zones", "--from", PLAN_FROM,
        "--title-km", "ផែនការប្រើប្រាស់ដីគំរូ", "--title-en", "Demo land-use plan",
    )  # fmt: skip
    yield ("rulebook", "load", str(RULE_BOOK), "--ratify")
    yield DETECT
    yield ("scenario", "run", str(city.scenario))
    yield ("reserve", str(city.reservation))
    yield (
        "profile", "import", str(PROFILE), "--in-use",
        "--reason", "ក្រុងគំរូរៀបលំដាប់ស្រទាប់ (the demo city orders its layers)",
    )  # fmt: skip


def checking_steps(city: DemoCity) -> Iterator[Arguments]:
    """Yield the commands that find conflicts again, check permits, print extract and sheet."""
    yield DETECT  # sees the water and the reserved land
    for application in city.permits:
        yield ("check-permit", str(application))
    yield ("extract", application_parcel(city.permits[0]))
    yield ("sheet", reservation_reference(city.reservation), "--paper", "A3",
           "--output", str(city.reservation.parent))  # fmt: skip


def reservation_reference(request: Path) -> str:
    """Return the reference a reservation request states."""
    return str(yaml.safe_load(request.read_text(encoding="utf-8"))["reference"])


def application_parcel(application: Path) -> str:
    """Return the first parcel an application names."""
    return str(json.loads(application.read_text(encoding="utf-8"))["parcels"][0])


def state_surveys(city: DemoCity) -> int:
    """State where each layer of the demo city was surveyed; return how many statements."""
    surveys = geopandas.read_file(city.gpkg, layer="surveyed")
    for row in surveys.itertuples():
        classes = str(row.classes or "").split()
        _state_survey(
            str(row.layer), row.geometry, str(row.completeness), str(row.stable_id), classes
        )
    return len(surveys)


def state_register(city: DemoCity) -> None:
    """State that the register of reservations is complete: the city's own book, whole by rule."""
    communes = geopandas.read_file(city.gpkg, layer="sangkat")
    _state_survey("reservations", communes.union_all(), "complete", "register of reservations")


def _state_survey(
    layer: str, area: BaseGeometry, completeness: str, source: str, classes: Sequence[str] = ()
) -> None:
    set_surveyed_area(
        layer=layer_named(layer),
        geometry=area,
        completeness=completeness,
        source=f"demo city, {source}",
        captured_on=date(2026, 6, 30),
        classes=classes,
    )
