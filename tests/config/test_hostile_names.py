"""Names and attributes that are HTML, scripts or formulas: shown as written, never carried out.

The oracle is the standard library's HTML parser: no element and no attribute of ours may come
from a text of the city.
"""

import csv
import io
import json
import zipfile
from html.parser import HTMLParser
from itertools import product

import pytest
from django.contrib.auth.models import User

from conflicts.life.services import triage
from layers.classes import load_classes
from layers.services import Provenance, publish_features, set_surveyed_area
from planning.permits.run import check_application, store_run
from tests.config.every_address import ACCEPTED, ASKED, LAYER, WORD, address, patterns, said
from tests.conflicts.ground import CITY, find, rule_data
from tests.factories import feature, filled_layer, land_use, rectangle, square
from tests.layers.editing.ground import draft_of, put
from tests.planning.city import application, nothing_reserved, parcel, zoned
from tests.planning.reserved_land import reserve
from tests.scenarios.basins import HEAVY_RAIN, plain_with_a_pit, run_scenario, write_scenario

pytestmark = pytest.mark.django_db

# It ends a text, an attribute in either quotes, a script, a comment and a title.
BREAKS_OUT = f"{WORD}\"'></script></title></textarea>--><x-evil onclick=x>"
FORMULA = "=HYPERLINK(1)"


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes, and what scripts hold."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = set(), set(), []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def city(settings, tmp_path, client):
    """Everything that has a name bears the hostile one; a superuser looks."""
    settings.MEDIA_ROOT, settings.VAR_DIR = tmp_path / "media", tmp_path / "var"
    load_classes()
    bad = BREAKS_OUT
    author = User.objects.create_superuser("author")
    plot = parcel("P-1", rectangle(30, 20, 20, 20), 400.0, parcel_no=bad, name_en=bad)
    zoned(("Z-1", "R1", square(0, 0, 100)), parcels=[plot])
    land_use("landfill", name_en=bad, name_km=bad)
    said_of = {"title_en": bad, "title_km": bad, "source": bad, "steward": bad, "licence": bad}
    said_of |= {"description_en": bad, "description_km": bad}
    facts = {"name_en": bad, "name_km": bad, bad: bad, "number": FORMULA}
    here = square(32, 22, 4)
    wells = filled_layer(LAYER, feature("W-1", here, "landfill", **facts), **said_of)
    again = feature("W-1", square(32, 22, 5), "landfill", **facts)
    why = Provenance(message=bad, published_by=author, source_name=bad)
    publish_features(layer=wells, features=[again], provenance=why)
    set_surveyed_area(layer=wells, geometry=CITY, source=bad)
    put(draft_of(wells, author, title=bad), "W-1", square(32, 22, 6), properties={"a": bad})
    filled_layer("facilities", feature("=S-1", square(33, 23, 3), "school", **facts), **said_of)
    filled_layer("buildings", feature("B-1", square(32, 22, 6), "dwelling_single", **facts))
    nothing_reserved(square(0, 0, 100))
    reserve(
        rectangle(30, 20, 20, 20),
        purpose={"km": bad, "en": bad},
        beneficiary=bad,
        instrument=bad,
    )
    schools = {"classes": ["school"], "layers": ["facilities"]}
    texts = {"title": {"en": bad, "km": bad}, "provision": {"citation": bad}}
    [finding] = find(rule_data(object=schools, **texts))
    triage(finding=finding, by=author, reason=bad)
    store_run(check_application(application(reference=bad[:80])), user=author)
    event = {**HEAVY_RAIN, "steady_rain": {**HEAVY_RAIN["steady_rain"], "source": bad}}
    run_scenario(
        write_scenario(tmp_path, plain_with_a_pit(), event=event, title_en=bad, title_km=bad)
    )
    client.force_login(author)
    return client


def test_no_page_takes_a_name_for_html(city):
    carried_out, shown = [], set()
    for name, takes in patterns():
        for asked, language in product(ASKED.get(name, [{}]), ("en", "km")):
            answer = city.get(address(name, takes, LAYER), {"lang": language, **asked})
            assert answer.status_code < 500, name
            if not answer.get("Content-Type", "").startswith("text/html"):
                continue
            page = Elements(said(answer))
            if "x-evil" in page.tags or "onclick" in page.attributes:
                carried_out.append((name, asked))
            if any("x-evil" in text for text in page.text):
                shown.add(name)
    assert carried_out == []
    assert {
        "layers", "layer", "layer-table", "layer-quality", "layer-history", "finding", "scenario",
        "scenarios", "extract-parcel", "reservation", "reservations", "permit-run",
    } <= shown  # fmt: skip


def test_what_is_no_page_does_not_call_itself_one_and_lets_no_browser_guess(city):
    for name, takes in patterns():
        for asked, wanted in product(ASKED.get(name, [{}]), ACCEPTED):
            answer = city.get(address(name, takes, LAYER), asked, headers={"accept": wanted})
            assert answer["X-Content-Type-Options"] == "nosniff", name
            policy = answer["Content-Security-Policy"]
            assert "default-src 'self'" in policy, name
            assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0], name
            if "json" in answer.get("Content-Type", ""):
                json.loads(said(answer))


def cells_of(content):
    return [cell for row in csv.reader(io.StringIO(content.lstrip("\ufeff"))) for cell in row]


def test_no_cell_of_the_findings_is_a_formula(city):
    answer = city.get("/findings/file.csv")
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    cells = [cell for name in packed.namelist() for cell in cells_of(packed.read(name).decode())]

    assert "'=S-1" in cells
    assert [cell for cell in cells if cell[:1] in ("=", "+", "@")] == []


def test_a_negative_number_in_the_findings_stays_a_number(city):
    packed = zipfile.ZipFile(io.BytesIO(city.get("/findings/file.csv").content))
    [row] = csv.DictReader(io.StringIO(packed.read("findings.csv").decode().lstrip("\ufeff")))

    assert float(row["margin"]) == -200.0  # the school lies inside the landfill's ground


def test_the_map_and_its_panels_never_write_a_text_as_html():
    """Texts reach the page as text nodes; a string is made into elements in no script of ours."""
    from pathlib import Path

    ways = ("insertAdjacentHTML", "outerHTML", "document.write", "eval(", "new Function", "srcdoc")
    found = []
    for script in sorted(Path(__file__).parents[2].glob("*/static/**/*.js")):
        for number, line in enumerate(script.read_text(encoding="utf-8").splitlines(), 1):
            sets = "innerHTML =" in line or "innerHTML +=" in line
            if sets or any(way in line for way in ways):
                found.append(f"{script.name}:{number}: {line.strip()}")
    assert found == []
