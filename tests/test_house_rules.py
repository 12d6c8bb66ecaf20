"""STYLE.md's sizes and refusals, counted. Each failure names the file and the line."""

import ast
import hashlib
import io
import re
import statistics
import subprocess
import tokenize
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("config", "layers", "conflicts", "scenarios", "planning", "fixtures")
LONGEST_FILE = 400
LONGEST_SETTINGS = 200
MEDIAN_FUNCTION = 10
NINTH_DECILE_FUNCTION = 30
CODE_SUFFIXES = {".py", ".js", ".sql", ".css", ".html", ".sh"}
TEXT_SUFFIXES = CODE_SUFFIXES | {
    ".md", ".toml", ".in", ".yaml", ".yml", ".json", ".ipynb", ".po", ".txt", ".cfg", "",
}  # fmt: skip
GEODATA_SUFFIXES = {".pbf", ".gpkg", ".fgb", ".shp", ".tif", ".tiff", ".laz", ".las", ".mbtiles"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sdf]|\{\w*[^}]*\}")

FORBIDDEN_NAMES = re.compile(r"(^|/)(utils|helpers)\.(py|js)$|(^|/)common/")
UNREASONED_TODO = re.compile(r"\b(TODO|FIXME|XXX)\b(?!: .{20,})")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|home/\w+|Users/\w+)/\w")
REGISTRY_HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.(com|org)|deb\.debian\.org|/opt/pypi"
)
OTHERS_PORT = re.compile(r"(?:localhost|127\.0\.0\.1):(?!8000\b)\d{2,5}")


def tracked_files():
    """Return all files of the repository: committed, or new and not ignored."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in sorted(set(listed.split("\0"))) if (ROOT / name).is_file()]


FILES = tracked_files()
THIS_FILE = Path(__file__).resolve()


def name_of(path):
    return str(path.relative_to(ROOT))


def product_modules():
    return [
        path
        for path in FILES
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in PRODUCT
        and "migrations" not in path.parts
    ]


def functions_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def lines_without_docstring(function):
    total = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return total
    docstring = function.body[0]
    return total - (docstring.end_lineno - docstring.lineno + 1)


def line_count(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def lines_matching(pattern, paths):
    """Return ``file:line: text`` for each line that matches."""
    return [
        f"{name_of(path)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def own_text_files():
    locks = {"package-lock.json", "requirements.lock", "requirements-dev.lock"}
    return [
        path
        for path in FILES
        if path.suffix in TEXT_SUFFIXES and path != THIS_FILE and path.name not in locks
    ]


@pytest.mark.parametrize(
    ("pattern", "refused", "accepted"),
    [
        (FORBIDDEN_NAMES, "layers/utils.py", "layers/outlines.py"),
        (FORBIDDEN_NAMES, "planning/common/zones.py", "planning/commonland.py"),
        (UNREASONED_TODO, "# TODO fix", "# TODO: the cadastre has not published its codes yet"),
        (
            MACHINE_PATH,
            "open('/home/dara/city.gpkg')",
            "a clone under /root, served at /map/work/1",
        ),
        (REGISTRY_HOST, "https://pypi.org/simple", "https://doi.org/10.1016/j"),
        (OTHERS_PORT, "http://localhost:5432", "http://127.0.0.1:8000/map/"),
    ],
)
def test_the_refused_patterns_tell_bad_from_good(pattern, refused, accepted):
    assert pattern.search(refused)
    assert not pattern.search(accepted)


def report(found):
    return "\n" + "\n".join(found)


def test_no_file_is_longer_than_400_lines():
    code = [path for path in FILES if path.suffix in CODE_SUFFIXES]
    found = [
        f"{name_of(path)}:{line_count(path)}: longer than {LONGEST_FILE} lines"
        for path in code
        if line_count(path) > LONGEST_FILE
    ]

    assert not found, report(found)


def test_settings_fit_in_200_lines():
    assert line_count(ROOT / "config" / "settings.py") <= LONGEST_SETTINGS


def test_half_of_all_functions_have_at_most_10_lines_and_nine_in_ten_at_most_30():
    sizes = sorted(
        (lines_without_docstring(function), f"{name_of(path)}:{function.lineno}: {function.name}")
        for path in product_modules()
        for function in functions_of(path)
    )
    lengths = [size for size, _where in sizes]
    longest = [f"{where}: {size} lines" for size, where in sizes[-15:]]

    assert statistics.median(lengths) <= MEDIAN_FUNCTION, report(longest)
    assert statistics.quantiles(lengths, n=10)[-1] <= NINTH_DECILE_FUNCTION, report(longest)


def code_line_count(path):
    """Return the lines that hold code: no blank line, comment or docstring."""
    text = path.read_text(encoding="utf-8")
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in layout and token.type != tokenize.ENDMARKER:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def test_docstrings_comments_and_blank_lines_are_not_code(tmp_path):
    path = tmp_path / "example.py"
    path.write_text('"""What it is."""\n\n# why\nx = (\n    1\n)\n\n\ndef f():\n    """Do."""\n')

    assert code_line_count(path) == 4


def test_there_are_at_least_as_many_lines_of_tests_as_of_product():
    product = sum(map(code_line_count, product_modules()))
    tests = sum(
        code_line_count(path)
        for path in FILES
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == "tests"
    )

    assert tests >= product, f"{tests} lines of tests for {product} lines of product"


def test_every_function_says_what_it_returns():
    found = [
        f"{name_of(path)}:{function.lineno}: {function.name}"
        for path in product_modules()
        for function in functions_of(path)
        if function.returns is None
    ]

    assert not found, report(found)


def test_nothing_is_called_utils_helpers_or_common():
    found = [name_of(path) for path in FILES if FORBIDDEN_NAMES.search(name_of(path))]

    assert not found, report(found)


def test_a_todo_gives_its_reason():
    found = lines_matching(UNREASONED_TODO, own_text_files())

    assert not [line for line in found if not line.startswith("STYLE.md")], report(found)


def test_no_file_names_a_path_of_one_machine():
    found = lines_matching(MACHINE_PATH, own_text_files())

    assert not found, report(found)


def test_no_file_names_the_host_of_a_package_registry():
    found = lines_matching(REGISTRY_HOST, own_text_files())

    assert not found, report(found)


def test_no_file_counts_on_another_server_of_this_machine():
    found = lines_matching(OTHERS_PORT, own_text_files())

    assert not found, report(found)


def test_the_locks_name_packages_and_digests_but_no_address():
    locks = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]
    found = lines_matching(re.compile(r"://"), locks)
    found += lines_matching(re.compile(r'"resolved"'), [ROOT / "package-lock.json"])

    assert not found, report(found)


def test_every_locked_package_has_a_digest():
    found = []
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            if re.match(r"[A-Za-z0-9]", line) and "--hash=sha256:" not in lines[number]:
                found.append(f"{name}:{number}: {line}")

    assert not found, report(found)


def test_the_runtime_and_the_development_lock_agree():
    def pins(name):
        text = (ROOT / name).read_text(encoding="utf-8")
        return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+)", text, re.MULTILINE))

    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")

    assert {name: development.get(name) for name in runtime} == runtime


def test_browser_libraries_are_pinned_to_one_version():
    text = (ROOT / "package.json").read_text(encoding="utf-8")
    found = lines_matching(re.compile(r'": "[\^~*><]|": "latest'), [ROOT / "package.json"])

    assert "leaflet" in text
    assert not found, report(found)


def test_the_repository_holds_no_geodata_but_what_its_generators_make():
    found = [name_of(path) for path in FILES if path.suffix.lower() in GEODATA_SUFFIXES]

    assert not found, report(found)


def test_no_file_is_a_copy_of_the_real_data():
    real = ROOT.parent / "shared" / "data"
    if not real.is_dir():
        pytest.skip("the real data is not beside this clone")
    by_size = {}
    for path in real.rglob("*"):
        if path.is_file() and path.stat().st_size > 0:
            by_size.setdefault(path.stat().st_size, []).append(path)
    found = [
        f"{name_of(path)}: a copy of {other.name}"
        for path in FILES
        for other in by_size.get(path.stat().st_size, [])
        if digest(path) == digest(other)
    ]

    assert not found, report(found)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def khmer_catalogues():
    return [path for path in FILES if path.match("*/locale/km/LC_MESSAGES/django.po")]


def messages_of(path):
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale="km")
    return [message for message in catalogue if message.id]


def words(text):
    return [text] if isinstance(text, str) else list(text)


def test_there_is_a_khmer_catalogue_to_check():
    assert khmer_catalogues()


@pytest.mark.parametrize("path", khmer_catalogues(), ids=name_of)
def test_every_message_has_a_khmer_text(path):
    found = [
        f"{name_of(path)}:{message.lineno}: {message.id}"
        for message in messages_of(path)
        if not all(part.strip() for part in words(message.string)) or message.fuzzy
    ]

    assert not found, report(found)


@pytest.mark.parametrize("path", khmer_catalogues(), ids=name_of)
def test_every_khmer_text_keeps_the_placeholders_of_its_message(path):
    found = [
        f"{name_of(path)}:{message.lineno}: {message.id}"
        for message in messages_of(path)
        for part in words(message.string)
        if part and placeholders(part) != placeholders(words(message.id)[-1])
    ]

    assert not found, report(found)


def khmer_texts():
    """Return for each English text (with its context) the Khmer texts of all catalogues."""
    texts = {}
    for path in khmer_catalogues():
        for message in messages_of(path):
            key = (message.context, words(message.id)[0])
            texts.setdefault(key, {}).setdefault(str(message.string), []).append(name_of(path))
    return texts


def test_one_english_text_has_one_khmer_text_wherever_it_stands():
    # Django merges the catalogues of all apps: of two texts one would silently win everywhere.
    found = [
        f"{text!r} (context {context!r}): {places}"
        for (context, text), places in khmer_texts().items()
        if len(places) > 1
    ]

    assert len(khmer_catalogues()) > 1
    assert not found, report(found)


def placeholders(text):
    return set(PLACEHOLDER.findall(text))
