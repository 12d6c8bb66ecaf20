"""Every command, given what it cannot use: a sentence with a remedy, code 2, no traceback."""

import io
import json
import re

import pytest
from django.core.management import get_commands, load_command_class

from config.command_line import own_commands
from layers.models import Feature, Layer, Run
from planning.models import LandReservation
from tests.factories import feature, filled_layer, square

pytestmark = pytest.mark.django_db

# Files nobody can use, by what is wrong with them; "missing" and "folder" are no files at all.
CONTENTS = {
    "empty": b"",
    "blank": b"\n\n  \n",
    "nul": b"\0" * 64,
    "binary": bytes(range(256)),
    "word": b"maybe",
    "list": b"[1, 2, 3]",
    "number": b"42",
    "null": b"null",
    "other_object": b'{"colour": "red"}',
    "broken": b'{"type": "FeatureCollection", "features": [',
    "latin1": "Pr\xe9ah".encode("latin-1"),
    "deep": b"[" * 20_000,
    "nan": b'{"reference": NaN, "code": .nan}',
}
WRONG_FILES = ["missing", "folder", *CONTENTS]
# An address of 5,000 digits is refused by Python itself, one of 30 by the database.
LONG, VERY_LONG = "9" * 30, "9" * 5000

TAKES_A_FILE = {
    "check-permit": "check-permit FILE --no-store",
    "check-permit, kept": "check-permit FILE",
    "import": "import FILE --layer new-layer",
    "import, looking": "import FILE --look",
    "import, trying": "import FILE --layer new-layer --dry-run",
    "import, mapped": "import nowhere.geojson --layer new-layer --mapping FILE",
    "profile import": "profile import FILE --reason because",
    "reserve": "reserve FILE",
    "rulebook load": "rulebook load FILE",
    "scenario run": "scenario run FILE",
    "survey": "survey zones FILE",
}

REFUSED = [
    "allow",
    "allow nobody",
    "allow nobody planning.reserve_land",
    "allow nobody planning",
    "allow planner no.such_right",
    "allow planner reserve_land",
    "allow planner .",
    "basemap",
    "basemap burn",
    "classes CODE",
    "check-permit",
    "check-permit /dev/null --date tomorrow",
    "check-permit application.json --date 2026-02-30",
    "demo --address",
    "demo --port 80",
    "expire yesterday",
    "expire --on 2026-01-01",
    "detect",
    "detect --rulebook",
    "detect --rulebook nowhere",
    "detect --rulebook nowhere --rulebook-version one",
    "detect --rulebook nowhere --rulebook-version -1",
    f"detect --rulebook nowhere --rulebook-version {LONG}",
    f"detect --rulebook nowhere --rulebook-version {VERY_LONG}",
    "digest --week yesterday",
    "digest --week 2099-01-01",
    "digest --language fr",
    "export --layer zones",
    "export --layer zones --format jpeg2000 -o out.x",
    "export --layer nowhere --format geojson -o out.geojson",
    "export --layer zones --format geojson -o .",
    "export --layer zones --format geojson -o no/such/folder/out.geojson",
    "export --layer zones --format geojson -o out.geojson --version 99",
    "export --layer zones --format geojson -o out.geojson --version one",
    f"export --layer zones --format geojson -o out.geojson --version {LONG}",
    f"export --layer zones --format geojson -o out.geojson --version {VERY_LONG}",
    "export --layer zones --format geojson -o out.geojson --date yesterday",
    "export --layer zones --format geojson -o out.geojson --date 2026-13-01",
    "export --layer zones --format geojson -o out.geojson --bbox 1,2,3",
    "export --layer zones --format geojson -o out.geojson --bbox nan,nan,nan,nan",
    "export --layer zones --format geojson -o out.geojson --class no-such-class",
    "export --layer zones --format geojson -o out.geojson --lifecycle asleep",
    "export --layer zones --format geojson -o out.geojson --where floors",
    "export --layer zones --format geojson -o out.geojson --where min.floors=many",
    "export --layer zones --format geojson -o out.geojson --where floors=3",
    "export --layer zones --format geojson -o out.geojson --crs mercator",
    "export --layer zones --format geojson -o out.geojson --crs 999999",
    f"export --layer zones --format geojson -o out.geojson --crs {VERY_LONG}",
    "extract",
    "extract nothing",
    "extract nothing --layer nowhere",
    "extract Z --layer zones --date 2026-02-30",
    "extract Z --layer zones --date 20261",
    "findings --format xml",
    "findings --format gpkg",
    "findings --severity terrible",
    "findings --state asleep",
    "findings --basis rumour",
    "findings --output .",
    "findings --output no/such/folder/out.json",
    "profile set",
    "profile set --reason because --layer nowhere",
    "profile show nowhere",
    "profile import nowhere.yaml --reason because",
    "recheck now",
    "rulebook compare krong-demo 1 2",
    "rulebook compare krong-demo one 2",
    "services castle",
    "services market --people 100",
    "services market --people-from stated --people 100",
    "services market --people-from guessed",
    "services market --access -1",
    "services market --growth 2 --years 10",
    "services market --streets nowhere",
    "siting",
    "siting castle --rulebook nowhere",
    "siting school",
    "siting school --rulebook krong-demo --area-ha -1",
    "siting school --rulebook krong-demo --area-ha nan",
    "siting school --rulebook krong-demo --area-ha wide",
    "siting school --rulebook krong-demo --max-slope steep",
    "generalise",
    "generalise nowhere",
    "import",
    "import nowhere.gpkg",
    "import nowhere.gpkg --layer",
    "import nowhere.gpkg --layer x --srid abc",
    f"import nowhere.gpkg --layer x --srid {VERY_LONG}",
    "import nowhere.gpkg --layer x --captured-on 2026-02-30",
    "import nowhere.gpkg --layer x --geometry-kind heap",
    "import nowhere.gpkg --layer x --surveyed thoroughly",
    "import nowhere.gpkg --layer x --classify by-guess",
    "import nowhere.gpkg --layer x --band first",
    "import nowhere.gpkg --layer x --nodata none",
    "layers zones",
    "load_classes fixtures",
    "plan",
    "plan adopt",
    "plan adopt --plan p --from 2026-02-30",
    "plan adopt --plan p --from tomorrow",
    "plan adopt --plan p --from 2026-01-01 --zones nowhere",
    "plan adopt --plan p --from 2026-01-01 --level moon",
    "plan adopt --plan p --from 2026-01-01 --instrument",
    "release",
    "release RES-1",
    "release RES-1 --by nobody --instrument D --reason why",
    "release RES-1 --by planner --instrument D --reason why --on 2026-02-30",
    "reserve",
    "rulebook",
    "rulebook burn",
    "rulebook load",
    "rulebook show",
    "rulebook show nowhere",
    f"rulebook show nowhere --rulebook-version {LONG}",
    "run",
    "run start",
    "run show",
    "run show one",
    "run show 0",
    "run show -1",
    f"run show {LONG}",
    f"run cancel {LONG}",
    f"run show {VERY_LONG}",
    "scenario",
    "scenario forget",
    "scenario run",
    "scenario show",
    "scenario show one",
    "scenario show -1",
    "scenario show ១២៣",
    f"scenario show {LONG}",
    f"scenario show {VERY_LONG}",
    "serve --address",
    "serve --address nowhere",
    "serve --address 127.0.0.1",
    "serve --address 127.0.0.1:",
    "serve --address 127.0.0.1:http",
    "serve --address 127.0.0.1:" + str(65_535 + 1),
    "serve --address 127.0.0.1:-1",
    f"serve --address 127.0.0.1:{VERY_LONG}",
    "sheet",
    "sheet RES-1",
    "sheet RES-1 --scale large",
    "survey",
    "survey zones",
    "survey nowhere nowhere.gpkg",
    "survey zones nowhere.gpkg --completeness rather",
    "survey zones nowhere.gpkg --captured-on 2026-02-30",
    "survey zones nowhere.gpkg --srid abc",
    "topology",
    "topology nowhere",
    "topology zones --tolerance wide",
    "topology zones --tolerance nan",
    "topology zones --tolerance inf",
    "topology zones --tolerance -1",
    "topology zones --cover nowhere",
]  # fmt: skip


@pytest.fixture(autouse=True)
def stands(django_user_model, monkeypatch, tmp_path):
    """A layer and an account to be refused about, and a folder with nothing in it."""
    filled_layer("zones", feature("Z", square(0, 0, 100), "R1"))
    django_user_model.objects.create_user("planner")
    monkeypatch.chdir(tmp_path)
    # a command closes its connections at its end; here the test goes on
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)


def refusal(name, *words):
    """Run a command as ./krong does and return what it printed and its exit code."""
    command = load_command_class(get_commands()[name], name)
    out, err = io.StringIO(), io.StringIO()
    command.stdout._out, command.stderr._out = out, err
    code = 0
    try:
        command.run_from_argv(["krong", name, *words])
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), err.getvalue()


def assert_is_a_sentence_with_a_remedy(code, said):
    assert code == 2, said
    assert "Traceback" not in said
    assert not re.search(r"\b\w+(Error|Exception)\b", said), said
    assert re.match(r"\S.*[.:?][\"')]*\s+\S.{10,}", said.strip(), re.S), said


@pytest.mark.parametrize("words", REFUSED, ids=lambda words: words[:70])
def test_words_a_command_cannot_use_are_refused_in_a_sentence_with_code_2(words):
    name, *rest = words.split(" ")

    code, _out, err = refusal(name, *rest)

    assert_is_a_sentence_with_a_remedy(code, err)


@pytest.fixture
def wrong_file(request, tmp_path):
    path = tmp_path / f"given-{request.param}"
    if request.param == "folder":
        path.mkdir()
    elif request.param in CONTENTS:
        path.write_bytes(CONTENTS[request.param])
    return path


@pytest.mark.parametrize("words", TAKES_A_FILE.values(), ids=TAKES_A_FILE)
@pytest.mark.parametrize("wrong_file", WRONG_FILES, indirect=True)
def test_a_file_a_command_cannot_use_is_refused_and_nothing_is_stored(words, wrong_file):
    before = [set(kind.objects.values_list("pk")) for kind in (Layer, Feature, LandReservation)]
    name, *rest = words.split(" ")

    code, out, _err = refusal(
        name, *(str(wrong_file) if w == "FILE" else w for w in rest), "--json"
    )

    told = json.loads(out)["error"]
    assert told["what"].strip()
    assert told["remedy"].strip()
    assert_is_a_sentence_with_a_remedy(code, f"{told['what']} {told['remedy']}")
    after = [set(kind.objects.values_list("pk")) for kind in (Layer, Feature, LandReservation)]
    assert after == before
    assert not Run.objects.filter(state__in=["queued", "running", "succeeded"]).exists()


def test_every_command_that_takes_words_is_refused_something_here():
    tried = {words.split(" ")[0] for words in [*REFUSED, *TAKES_A_FILE.values()]}

    assert tried == set(own_commands()) - {"db"}  # db has its own tests: it runs without Django
