"""All addresses of Krong, with something that exists for all they take: for tests that ask all."""

from uuid import UUID

from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern

from conflicts.models import Finding, Rule
from layers.editing.models import Draft
from layers.models import SurveyedArea
from layers.search import normalised
from planning.models import ComplianceRun
from scenarios.models import ScenarioRun

# The layer the addresses speak of; what it says of itself is the word.
LAYER, WORD = "wells", "xyzzy"
# People and programs; some addresses answer each in its own way.
ACCEPTED = ("text/html", "application/json")


def patterns(resolver=None):
    """Return the names of all addresses with the names of what each takes."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            takes = set(entry.pattern.converters) | set(entry.pattern.regex.groupindex)
            found.append((entry.name, takes))
        else:
            found += patterns(entry)
    return found


def address(name, takes, slug):
    """Return the address with something that exists for all it takes."""
    numbers = {
        "finding": Finding.objects.values_list("pk"),
        "permit-run": ComplianceRun.objects.values_list("pk"),
        "scenario": ScenarioRun.objects.values_list("run_id"),
        "layer-draft": Draft.objects.values_list("pk"),
        "layer-surveyed": SurveyedArea.objects.filter(source__contains=WORD).values_list("pk"),
    }
    own = [query.first() for kind, query in numbers.items() if name.startswith(kind)]
    [number] = (own[0] if own else None) or (1,)
    rule = Rule.objects.select_related("rulebook").first()
    is_of_rules = name.startswith("rulebook") and rule is not None
    known = {
        "slug": "WebMercatorQuad" if name == "ogc-tile-matrix-set" else slug,
        "name": "WebMercatorQuad",
        "number": number,
        "stable_id": "P-1" if name.startswith("extract") else "W-1",
        "token": UUID(int=1),
        "version": rule.rulebook.version if is_of_rules else 2,
        "z": 0, "x": 0, "y": 0,
        "place": "0/0/0",
        "kind": "csv",
        "week": "2026-11-16",
        "code": rule.rulebook.code if is_of_rules else "basin",
        "rule_code": rule.code if is_of_rules else "T-01",
        "quantity": "depth",
        "reference": "RES-1",
    }  # fmt: skip
    return reverse(name, kwargs={one: known[one] for one in takes})


ASKED = {
    "search": [{"q": WORD[:4]}, {"q": "W-1"}],
    "identify": [{"lon": "103.4470", "lat": "10.5739", "z": "18"}, {"lon": "x"}],
    "findings": [
        {"view": "each"},
        {"view": "each", "subject": "W-1"},
        {"subject_layer": LAYER},
        {"layer": LAYER, "unsettled": "1"},
        {"q": WORD[:4]},
    ],
    "findings-geojson": [{"subject_layer": LAYER}],
    "feature-findings": [{"layer": LAYER, "id": "W-1"}, {"layer": "parcels", "id": "P-1"}],
    "layer-diff": [{"before": "1", "after": "2"}],
    "layer-diff-json": [{"before": "1", "after": "2"}],
    "layer-version-features": [{"bbox": "100,9,106,13"}],
    "layer-draft-features": [{"bbox": "100,9,106,13"}],
    "layer-download": [{"format": "csv"}, {"format": "geojson", "version": "1"}],
    "layers": [{"q": WORD[:4]}, {"q": LAYER}],
    "map": [{"layer": LAYER}],
    "city-profile": [{}, {"format": "yaml"}, {"change": "1"}],
    "ogc-items": [{"f": "json"}, {"filter": "secret IS NOT NULL"}],
    "ogc-wmts": [{"service": "WMTS", "request": "GetCapabilities"}],
}


def said(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if "zip" in response.get("Content-Type", ""):
        return ""
    return normalised(content.decode("utf-8", "replace"))
