"""Every page in Khmer says its own words in Khmer: no sentence is left in English."""

import html
import re

import pytest
from django.contrib.auth.models import User
from django.urls import get_resolver, reverse

from conflicts.models import Finding, Rule
from layers.classes import load_classes
from tests.conflicts.ground import find, rule_data, surveyed_layer
from tests.factories import feature, filled_layer, land_use, rectangle, square
from tests.planning.city import flooded, nothing_reserved, parcel, zoned

pytestmark = pytest.mark.django_db

RULE = rule_data(
    basis="press_report",
    provision={"law": "Sub-decree of 2014", "article": "art. 4", "citation": "As reported [S17]"},
)
# Three English words in a row are a sentence; names, codes and units are shorter.
SENTENCE = re.compile(r"(?:\b[A-Za-z][a-z']+[ ,]+){2,}[A-Za-z][a-z']+")
# A command to type, in a sentence: './krong scenario list'.
COMMAND = re.compile(r"'?\./krong[^'|]*'?")
# What is quoted or typed: code, marked English, scripts, forms' values.
NOT_PRODUCT_TEXT = re.compile(
    r"<(script|style|code|pre)\b.*?</\1>|<(\w+)[^>]*\blang=\"en\"[^>]*>.*?</\2>", re.DOTALL
)
# Data of the city as it was entered: titles, sources and citations.
AS_ENTERED = ("Sub-decree of 2014", "As reported", "City survey", "Made for this test")


@pytest.fixture
def city():
    """One parcel under water, a landfill beside a school, and what was found about them."""
    load_classes()
    land_use("landfill", name_km="ទីលានចាក់សំរាម", name_en="Landfill")
    land_use("school", name_km="សាលារៀន", name_en="School")
    zoned(
        ("Z-1", "R1", square(0, 0, 100)),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 330.0, parcel_no="1801-1")],
    )
    nothing_reserved(square(0, 0, 100))
    flooded(square(0, 0, 100), "H2", rectangle(40, 40, 10, 15), 0.6)
    surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill", name_en="Dump", name_km="ទីលាន"),
        feature("S", square(280, 0, 50), "school", name_en="School 1", name_km="សាលា ១"),
    )
    filled_layer("roads", feature("R-1", square(0, 0, 9)), theme="transport")
    find(RULE)


def product_text(page):
    """Return what a reader reads of a page, without what is quoted or marked as English."""
    body = page.split("<body", 1)[1]
    text = re.sub(r"<[^>]+>", " | ", NOT_PRODUCT_TEXT.sub(" | ", body))
    return COMMAND.sub(" | ", html.unescape(text))


def english_in(page):
    found = SENTENCE.findall(product_text(page))
    told = [match[0] for match in SENTENCE.finditer(product_text(page))]
    assert len(found) == len(told)
    return [text for text in told if not any(known in text for known in AS_ENTERED)]


def addresses():
    """Return the pages of the city: one address for each named page that a reader can open."""
    finding = Finding.objects.first()
    rule = Rule.objects.select_related("rulebook").first()
    version = [rule.rulebook.code, rule.rulebook.version]
    return {
        "map": reverse("map"),
        "layers": reverse("layers"),
        "city-profile": reverse("city-profile"),
        "findings": reverse("findings"),
        "findings-dashboard": reverse("findings-dashboard"),
        "findings-digests": reverse("findings-digests"),
        "finding": reverse("finding", args=[finding.pk]),
        "what-if": reverse("what-if"),
        "rulebooks": reverse("rulebooks"),
        "rulebook": reverse("rulebook", args=version),
        "rulebook-rule": reverse("rulebook-rule", args=[*version, rule.code]),
        "scenarios": reverse("scenarios"),
        "extract": reverse("extract"),
        "extract-parcel": reverse("extract-parcel", args=["P-1"]),
        "permits": reverse("permits"),
        "reservations": reverse("reservations"),
        "login": reverse("login"),
        "sources": reverse("sources"),
        "ogc-landing": reverse("ogc-landing") + "?f=html",
        "ogc-conformance": reverse("ogc-conformance") + "?f=html",
        "ogc-collections": reverse("ogc-collections") + "?f=html",
        "ogc-api": reverse("ogc-api") + "?f=html",
    }


def addresses_of_who_works_here():
    """Return the pages that ask for an account."""
    return {
        "layer-import": reverse("layer-import"),
        "siting": reverse("siting"),
        "services": reverse("services"),
    }


@pytest.mark.parametrize(
    ("page", "sentences"),
    [
        ("<body><p>No land is reserved</p></body>", ["No land is reserved"]),
        ("<body><p>គ្មានដី</p><td>Layer roads v3</td></body>", []),
        ('<body><span lang="en">As the law says so</span></body>', []),
        ("<body><code>./krong db worker starts now</code></body>", []),
    ],
)
def test_english_sentences_are_told_from_names_and_quotations(page, sentences):
    assert english_in(page) == sentences


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_no_page_of_the_city_has_an_english_sentence_in_khmer(client, city, is_signed_in):
    if is_signed_in:
        client.force_login(User.objects.create_superuser("sokha"))
    opened = addresses() | (addresses_of_who_works_here() if is_signed_in else {})
    found = {}
    for name, address in opened.items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        if sentences := english_in(answer.content.decode()):
            found[name] = sentences
    assert found == {}


@pytest.mark.parametrize(
    "address",
    ["/findings/999/", "/extract/none/", "/permits/999/", "/reservations/none/",
     "/scenarios/999/", "/findings.geojson?bbox=x", "/identify?lon=x", "/tiles/none/1/0/0/0.mvt",
     "/findings/?rule=NONE-01"],
)  # fmt: skip
def test_a_refusal_is_told_in_khmer(client, city, address):
    client.force_login(User.objects.create_superuser("sokha"))
    answer = client.get(address)
    page = answer.content.decode()
    assert answer.status_code in {200, 400, 404}
    if "<body" in page:
        assert english_in(page) == []
    else:
        error = answer.json()["error"]
        assert re.search("[\u1780-\u17ff]", error["what"] + error["remedy"])


def test_what_is_here_names_attributes_and_values_in_khmer(client, city):
    place = client.get("/identify", {"lon": 103.4466, "lat": 10.5738}).json()
    assert set(place) == {"place", "layers"}
    titles = [
        attribute["title"]
        for layer in place["layers"]
        for found in layer["features"]
        for attribute in found["attributes"]
    ]
    assert not {"hazard_class", "depth_min_m", "basis"} & set(titles)


def test_every_page_that_takes_no_arguments_is_looked_at(city):
    looked_at = set(addresses()) | set(addresses_of_who_works_here())
    machines = re.compile(
        r"json|feature-findings|map-feature|tile|style|identify|search|home|logout|health|static|raster|wmts|basemap|bulk|findings-report"
    )
    named = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    plain = {name for name in named if get_resolver().reverse_dict.getlist(name)[0][0][0][1] == []}
    assert {name for name in plain if not machines.search(name)} <= looked_at
