"""What saving a profile would change, with how many features each change takes from view."""

from collections import Counter

from layers.exports.contents import contents_of
from layers.legend import summary
from layers.models import LandUseClass, Layer, LayerVersion
from layers.profiles.decisions import Decisions, digest_of
from layers.profiles.differing import Change, differences
from layers.visibility import Reader, visible_versions
from layers.vocab import GeometryKind


def preview_of(before: Decisions, after: Decisions, reader: Reader) -> list[Change]:
    """Return the differences with the features of each layer and class, as far as they are seen."""
    versions = {version.layer.slug: version for version in visible_versions(reader)}
    changes = differences(before.seen(versions), after.seen(versions))
    asked = {change.code for change in changes if change.is_of_class}
    by_class = _features_by_class(list(versions.values()), asked)
    return [_counted(change, versions, by_class) for change in changes]


def digest_of_preview(over: str, after: Decisions, changes: list[Change]) -> str:
    """Return what binds a save to its preview: what is saved, over what, with which counts."""
    shown = [
        [change.kind, change.code, change.km, change.en, change.features] for change in changes
    ]
    return digest_of([over, after.as_json(), shown])


def names_of(changes: list[Change]) -> dict[str, str]:
    """Return what the layers and classes of changes are called, by slug and code."""
    slugs = {slug for change in changes for slug in change.slugs}
    codes = {change.code for change in changes if change.is_of_class}
    layers = Layer.objects.filter(slug__in=slugs)
    classes = LandUseClass.objects.filter(code__in=codes)
    return {row.slug: row.title for row in layers} | {row.code: row.name for row in classes}


def _features_by_class(versions: list[LayerVersion], asked: set[str]) -> Counter[str]:
    """Count features in the layers that hold one of the classes; counted once per version."""
    found: Counter[str] = Counter(dict.fromkeys(asked, 0))
    for version in versions:
        is_grid = version.layer.geometry_kind == GeometryKind.RASTER
        if is_grid or not asked.intersection(summary(version).classes):
            continue
        for code, features in contents_of(version).counted("class_code").items():
            if code in asked:
                found[code] += features
    return found


def _counted(change: Change, versions: dict[str, LayerVersion], by_class: Counter[str]) -> Change:
    if change.is_of_class:
        return change.counted(by_class[change.code])
    version = versions.get(change.code)
    if version is None or version.layer.geometry_kind == GeometryKind.RASTER:
        return change
    return change.counted(version.feature_count)
