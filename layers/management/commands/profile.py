"""``./krong profile``: which layers and classes the city uses; shown, changed, exchanged."""

from argparse import SUPPRESS, ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from layers.commands import KrongCommand
from layers.errors import UserFacingError
from layers.profiles.decisions import AS_IT_COMES, Decisions, LayerDecision
from layers.profiles.errors import ProfileFileError
from layers.profiles.file import LARGEST_FILE_BYTES, ProfileFile, read_profile, written_profile
from layers.profiles.models import CityProfile
from layers.profiles.reading import Standing, decisions_of, profile_named, standing_profile
from layers.profiles.saving import save_profile
from layers.queries import layer_named

# option of 'set', and whether the layer or class is used from then on
LAYER_OPTIONS = {"hide_layer": False, "show_layer": True}
CLASS_OPTIONS = {"hide_class": False, "show_class": True}


class Command(KrongCommand):
    help = (
        "Which layers and classes the city uses: show it, set single decisions, import a file, "
        "export one (docs/city-profiles.md)."
    )

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        show = actions.add_parser("show", help="what was decided")
        setting = actions.add_parser("set", help="decide about single layers and classes")
        taken = actions.add_parser("import", help="take all decisions from a file")
        given = actions.add_parser("export", help="write a profile as a file")
        for action in (show, setting, given):
            action.add_argument("code", nargs="?", default="", help="default: the one in use")
        for option in (*LAYER_OPTIONS, *CLASS_OPTIONS):
            name = "--" + option.replace("_", "-")
            setting.add_argument(name, action="append", default=[], metavar="NAME")
        setting.add_argument("--not-in-use", action="store_true", help="show everything again")
        taken.add_argument("file", type=Path, help="e.g. fixtures/demo_city/profile.yaml")
        given.add_argument("--output", type=Path, help="the file to write; without it: printed")
        for action in (setting, taken):
            action.add_argument("--in-use", action="store_true", help="the city uses it")
            action.add_argument("--reason", required=True, help="why, for the record")
        for action in (show, setting, taken, given):
            action.add_argument("--json", action="store_true", default=SUPPRESS)

    def run(self, action: str, **options: Any) -> dict[str, Any]:
        actions = {
            "show": self._show,
            "set": self._set,
            "import": self._import,
            "export": self._export,
        }
        return actions[action](options)

    def _show(self, options: dict[str, Any]) -> dict[str, Any]:
        standing = _standing(options["code"])
        if not standing.code:
            self.say("No profile yet: every layer and class is shown as it comes.")
            return {"code": "", "revision": 0}
        said = standing.decisions
        state = "in use" if said.in_use else "not in use"
        self.say(f"{standing.code} ({said.name_en or said.name_km}), {state}")
        for slug, layer in said.layers.items():
            self.say(f"  layer {slug}: {'used' if layer.use else 'not used'}")
        for code, decided in said.classes.items():
            name = f", here called {decided.name_en or decided.name_km}"
            is_named = decided.name_en or decided.name_km
            use = "used" if decided.use else "not used"
            self.say(f"  class {code}: {use}{name if is_named else ''}")
        return {"code": standing.code, "revision": standing.revision, **said.as_json()}

    def _set(self, options: dict[str, Any]) -> dict[str, Any]:
        is_new = not CityProfile.objects.filter(code=options["code"]).exists()
        standing = Standing() if options["code"] and is_new else _standing(options["code"])
        code = standing.code or options["code"] or "city"
        said = standing.decisions if standing.code else Decisions(name_en=code)
        said = _with_classes(_with_layers(said, options), options)
        if options["in_use"] or options["not_in_use"]:
            said = replace(said, in_use=bool(options["in_use"]))
        return self._keep(Standing(code, standing.revision, said), options["reason"])

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        file = _read(options["file"])
        standing = CityProfile.objects.filter(code=file.code).first()
        is_used = options["in_use"] or bool(standing and standing.is_active)
        said = replace(file.decisions, in_use=is_used)
        revision = standing.revision if standing else 0
        return self._keep(Standing(file.code, revision, said), options["reason"])

    def _keep(self, wanted: Standing, reason: str) -> dict[str, Any]:
        is_new = save_profile(
            code=wanted.code,
            decisions=wanted.decisions,
            revision=wanted.revision,
            reason=reason,
        )
        said = wanted.decisions
        hidden = sum(not layer.use for layer in said.layers.values())
        unused = sum(not decided.use for decided in said.classes.values())
        done = "saved" if is_new else "said this already, nothing changed"
        self.say(
            f"Profile '{wanted.code}' {done}: {hidden} layers and {unused} classes not used, "
            f"{'in use' if said.in_use else 'not in use'}."
        )
        return {"code": wanted.code, "is_new": is_new, **said.as_json()}

    def _export(self, options: dict[str, Any]) -> dict[str, Any]:
        standing = _standing(options["code"])
        if not standing.code:
            profile_named("city")  # there is none: it says so
        text = written_profile(ProfileFile(standing.code, standing.decisions))
        if options["output"]:
            _written(options["output"], text)
            self.say(f"Profile '{standing.code}' written to {options['output']}.")
        else:
            self.say(text.rstrip())
        return {"code": standing.code, "profile": text}


def _standing(code: str) -> Standing:
    """Return the profile of a code; without a code the one at hand."""
    if not code:
        return standing_profile()
    profile = profile_named(code)
    return Standing(profile.code, profile.revision, decisions_of(profile))


def _with_layers(said: Decisions, options: dict[str, Any]) -> Decisions:
    layers = dict(said.layers)
    for option, use in LAYER_OPTIONS.items():
        for slug in options[option]:
            layer_named(slug)
            if slug in layers or not use:  # a layer nobody decided about is used already
                layers[slug] = replace(layers.get(slug, LayerDecision()), use=use)
    return replace(said, layers=layers)


def _with_classes(said: Decisions, options: dict[str, Any]) -> Decisions:
    classes = dict(said.classes)
    for option, use in CLASS_OPTIONS.items():
        for code in options[option]:
            classes[code] = replace(classes.get(code, AS_IT_COMES), use=use)
    return replace(said, classes=classes)


def _read(path: Path) -> ProfileFile:
    try:
        with path.open("rb") as file:
            return read_profile(file.read(LARGEST_FILE_BYTES + 1))
    except OSError as error:
        raise _unusable(path, error) from error
    except ProfileFileError as error:
        raise UserFacingError(f"{path.name}: {error.what}", remedy=error.remedy) from error


def _written(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> UserFacingError:
    return UserFacingError(
        f"'{path}' cannot be used ({error.strerror}).",
        remedy="Check the path and that you may use it.",
    )
