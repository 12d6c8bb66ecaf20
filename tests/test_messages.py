"""What is said to a user can be said in Khmer: no error carries a sentence in English alone."""

import ast
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
APPS = ("config", "layers", "conflicts", "scenarios", "planning")
# Told in the shell only, where Krong speaks English, or before Django runs.
SHELL_ONLY = (
    "config/cluster/",
    "config/command_line.py",
    "layers/checks.py",
    "layers/management/",
)
# Sentences about drafts of layers are marked, their Khmer is still to be written.
KHMER_TO_COME = "layers/editing/"
MARKERS = {"_", "gettext", "said"}
# Which argument is the sentence, where it is not the first.
SENTENCE_AT = {
    "FieldMissingError": 1,
    "ReleaseError": 1,
    "ReservationSpecError": 1,
    "RuleFieldError": 1,
    "SpecError": 2,
}
# Their arguments are names; they make the sentence themselves.
NAMES_ONLY = {"UnknownCrsError", "UnknownLayerError", "UnknownLandUseError"}


def modules():
    """Return the syntax tree of each product module by its path from the root."""
    paths = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths
        if "migrations" not in path.parts
    }


MODULES = modules()


def called(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def error_classes(trees):
    """Return UserFacingError and all that derive from it, by name."""
    known, before = {"UserFacingError"}, 0
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while len(known) > before:
        before = len(known)
        known |= {
            found.name
            for found in classes
            if any(getattr(base, "id", getattr(base, "attr", "")) in known for base in found.bases)
        }
    return known


ERRORS = error_classes(MODULES.values())


def is_english(node):
    """Tell a text with letters that no translation marker surrounds."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and any(letter.isalpha() for letter in node.value)
    if isinstance(node, ast.JoinedStr):
        return any(is_english(part) for part in node.values)
    if isinstance(node, ast.IfExp):
        return is_english(node.body) or is_english(node.orelse)
    if isinstance(node, ast.BinOp):
        added = isinstance(node.op, ast.Add) and is_english(node.right)
        return is_english(node.left) or added
    return False


def sentences_of(call):
    """Return the arguments of an error that the user reads."""
    first = SENTENCE_AT.get(called(call), 0)
    remedies = [word.value for word in call.keywords if word.arg in {"what", "remedy", "problem"}]
    return [*call.args[first : first + 1], *remedies]


def raised_in_english(tree):
    """Yield the line of each error that is made with a sentence in English alone."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = called(call)
        is_base = name == "__init__" and isinstance(call.func, ast.Attribute)
        is_error = (name in ERRORS or is_base) and name not in NAMES_ONLY
        if is_error and any(is_english(sentence) for sentence in sentences_of(call)):
            yield call.lineno


def marked(tree):
    """Yield the texts that a module marks for translation within an error."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if called(call) not in ERRORS and called(call) != "__init__":
            continue
        for inner in (node for part in sentences_of(call) for node in ast.walk(part)):
            if isinstance(inner, ast.Call) and called(inner) in MARKERS and inner.args:
                text = inner.args[0]
                if isinstance(text, ast.Constant):
                    yield inner.lineno, text.value


def khmer_texts():
    """Return the Khmer text of each message, from the catalogues of all apps."""
    texts = {}
    for path in ROOT.glob("*/locale/km/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            entries = [entry for entry in read_po(file) if entry.id]
        texts |= {
            entry.id if isinstance(entry.id, str) else entry.id[0]: str(entry.string)
            for entry in entries
        }
    return texts


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("raise UserFacingError('Gone.', remedy=_('Ask.'))", [1]),
        ("raise UserFacingError(_('Gone.'), remedy='Ask.')", [1]),
        ("raise UserFacingError(f'{name} is gone.', remedy=_('Ask.'))", [1]),
        ("raise UserFacingError(_('Gone.') if x else 'Lost.', remedy=_('Ask.'))", [1]),
        ("raise UserFacingError('Gone. ' + why, remedy=_('Ask.'))", [1]),
        ("raise UserFacingError(_('%(n)s is gone.') % {'n': name}, remedy=_('Ask.'))", []),
        ("raise RuleFieldError('code', _('is missing.'), remedy=_('Add it.'))", []),
        ("raise RuleFieldError('code', 'is missing.', remedy=_('Add it.'))", [1]),
        ("raise UserFacingError(what, remedy=remedy)", []),
        ("raise UserFacingError(f'{what} {why}', remedy=remedy)", []),
        ("raise ValueError('for programmers')", []),
    ],
)
def test_a_sentence_in_english_alone_is_told_from_one_that_can_be_translated(source, lines):
    assert list(raised_in_english(ast.parse(source))) == lines


def test_the_errors_of_all_apps_are_looked_at():
    assert {"NotFoundError", "ApplicationError", "SpecError", "RuleFieldError"} <= ERRORS
    assert sum(1 for tree in MODULES.values() for _text in marked(tree)) > 250


def test_no_error_that_a_page_can_show_is_in_english_alone():
    found = [
        f"{name}:{line}"
        for name, tree in MODULES.items()
        if not name.startswith(SHELL_ONLY)
        for line in raised_in_english(tree)
    ]
    assert found == []


def test_every_sentence_of_an_error_has_a_khmer_text():
    khmer = khmer_texts()
    found = [
        f"{name}:{line}: {text}"
        for name, tree in MODULES.items()
        for line, text in marked(tree)
        if not name.startswith(KHMER_TO_COME)
        and not any("\u1780" <= letter <= "\u17ff" for letter in khmer.get(text, ""))
    ]
    assert found == []
