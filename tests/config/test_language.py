"""Khmer first: the reader chooses, the browser's system language does not."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
SAME_IN_KHMER = {"SHA-256"}
TRANSLATED = re.compile(r"""{% translate (['"])((?:(?!\1).)+)\1 %}""")


def language_of(response):
    return re.search(r'<html lang="(\w+)"', response.content.decode())[1]


def test_a_first_visit_is_in_khmer_even_from_an_english_system(client):
    response = client.get("/layers/", headers={"Accept-Language": "en-US,en;q=0.9"})
    assert language_of(response) == "km"
    assert response["Content-Language"] == "km"
    assert "ស្រទាប់ទិន្នន័យ" in response.content.decode()


def test_english_is_there_when_it_is_chosen(client):
    response = client.get("/layers/?lang=en")
    assert language_of(response) == "en"
    assert ">Layers<" in response.content.decode()


def test_the_choice_is_remembered_on_the_next_page(client):
    client.get("/layers/?lang=en")
    assert language_of(client.get("/map/")) == "en"
    client.get("/map/?lang=km")
    assert language_of(client.get("/layers/")) == "km"


def test_a_language_that_krong_does_not_speak_changes_nothing(client):
    assert language_of(client.get("/layers/?lang=fr")) == "km"


def test_the_switch_keeps_what_was_asked_of_the_page(client):
    page = client.get("/map/?layer=zones&lang=en").content.decode()
    switch = re.search(r'<a href="([^"]+)" lang="km"', page)[1]
    assert "layer=zones" in switch
    assert "lang=km" in switch


@pytest.mark.parametrize(("code", "name"), [("km", "ខ្មែរ"), ("en", "English")])
def test_the_switch_marks_the_language_in_use(client, code, name):
    page = client.get(f"/map/?lang={code}").content.decode()
    [marked] = re.findall(r'hreflang="\w+" aria-current="true">([^<]+)<', page)
    assert marked == name


def texts_of(app):
    """Every text that app marks for translation, found without the translation tools."""
    for path in sorted((ROOT / app).rglob("*.html")):
        for quoted in TRANSLATED.finditer(path.read_text(encoding="utf-8")):
            yield quoted[2]
    for path in sorted((ROOT / app).rglob("*.py")):
        for call in re.findall(
            r"\b_\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)\)", path.read_text(encoding="utf-8")
        ):
            text = "".join(re.findall(r"\"((?:[^\"\\]|\\.)*)\"", call))
            yield text.replace('\\"', '"').replace("\\\\", "\\")


def khmer_texts():
    """Return the catalogue a page speaks from: Django joins those of all apps."""
    joined = {}
    for path in sorted(ROOT.glob("*/locale/km/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            joined |= {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}
    return joined


@pytest.mark.parametrize("app", ["config", "layers", "conflicts", "planning", "scenarios"])
def test_every_text_has_a_khmer_translation(app):
    catalogue = khmer_texts()
    texts = set(texts_of(app))
    assert len(texts) > 20
    missing = sorted(
        text
        for text in texts - SAME_IN_KHMER
        if not re.search("[\u1780-\u17ff]", catalogue.get(text, ""))
    )
    assert missing == []


def test_khmer_is_set_with_room_above_and_below_and_without_spacing_or_capitals():
    style = "".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in ("config/static/krong.css", "layers/static/layers/plan-map.css")
    )
    heights = re.findall(r":lang\(km\)[^{]*{[^}]*line-height: ([\d.]+)", style)
    assert heights
    assert min(map(float, heights)) >= 1.6
    assert "uppercase" not in style
    assert set(re.findall(r"letter-spacing: ([^;]+);", style)) <= {"normal"}
