"""What every hostile file must not reach: a secret beside it, and a server on this machine."""

import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from layers.errors import UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.ingest.confined import limits
from layers.models import Feature, ImportIssue, Layer, LayerVersion, Run
from tests.factories import feature, filled_layer, square

SECRET = "TOKEN-OF-ANOTHER-OFFICE"


@dataclass
class Temptation:
    """A file and an address that hostile files point to."""

    path: object
    url: str
    requests: list = field(default_factory=list)


@pytest.fixture
def temptation(tmp_path, db):
    """A secret file and a loopback server; afterwards neither was touched."""
    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - its name in the library

        def log_message(self, *_parts):
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret = tmp_path / "secret.csv"
    secret.write_text(f"x,y,name\n330000,1170000,{SECRET}\n", encoding="utf-8")
    yield Temptation(secret, f"http://127.0.0.1:{server.server_port}/secret.geojson", asked)
    server.shutdown()
    server.server_close()
    assert not asked, "a hostile file made Krong ask the network"
    texts = [*Feature.objects.values_list("properties", flat=True)]
    texts += [*ImportIssue.objects.values_list("details", "value")]
    texts += [*Run.objects.values_list("message", "log")]
    assert SECRET not in str(texts)


@pytest.fixture
def ground(db):
    """What stood before: one layer with one house."""
    return filled_layer("houses", feature("old", square(0, 0, 10)), geometry_kind="polygon")


@pytest.fixture
def tight(monkeypatch):
    """Limits small enough to be reached within a test."""

    def tightened(**chosen):
        monkeypatch.setattr(limits, "IMPORTING", replace(limits.IMPORTING, **chosen))

    return tightened


def stored():
    return (
        list(Layer.objects.values_list("slug", "published_number")),
        LayerVersion.objects.count(),
        list(Feature.objects.values_list("stable_id", "retired_in")),
        ImportIssue.objects.count(),
    )


@pytest.fixture
def refusal(ground):
    """Import a file that must be refused as a whole; nothing half, and a sentence with a remedy."""

    def refused(path, layer="houses", **options):
        before = stored()
        with pytest.raises(UserFacingError) as error:
            import_file(path=path, layer=layer, options=ImportOptions(**options))
        assert stored() == before
        said = str(error.value)
        assert error.value.remedy
        assert SECRET not in said
        for inner in ("Traceback", "SQL", "sqlite", "/tmp/", "Error:"):
            assert inner not in said.replace(str(path), "")
        return said

    return refused


@pytest.fixture
def taken(ground):
    """Import a file of which only some rows are good; return the report."""

    def imported(path, layer="taken", **options):
        return import_file(path=path, layer=layer, options=ImportOptions(**options))

    return imported
