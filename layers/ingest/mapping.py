"""How the columns and values of a file become those of a layer: as options, and as a file.

A mapping file is YAML with any of the options that say how to read a file::

    srid: 32648
    id_field: PLOT_NO
    fields: {OWNER: owner_name, OBJECTID: null}   # null leaves a column out
    drop_other_fields: false
    class_field: LANDUSE
    classes: {"Res": RES, "Com": COM, "?": null}  # null: without a class
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from layers.errors import UnknownLandUseError, UserFacingError
from layers.ingest.class_data import ClassData
from layers.ingest.options import ImportOptions
from layers.retold import gettext as _

_TEXTS = (
    *("source_layer", "encoding", "x_field", "y_field", "wkt_field", "id_field"),
    *("class_field", "lifecycle_field", "land_use", "geometry_kind"),
)
_TABLES = ("fields", "classes")
_MAX_BYTES = 1024**2
MAX_NAME = 200


class MappingError(UserFacingError):
    """A mapping that cannot be applied."""


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the options a mapping file holds.

    Raises
    ------
    MappingError
        No such file, no YAML, or words that are no options of reading.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES + 1)
        held = yaml.safe_load(text) if len(text) <= _MAX_BYTES else None
    except (OSError, yaml.YAMLError, UnicodeError, RecursionError, ValueError) as error:
        raise MappingError(
            _("%(name)s cannot be read as a mapping.") % {"name": path.name},
            remedy=_("Write it as YAML; see the manual."),
        ) from error
    if not isinstance(held, dict):
        raise MappingError(
            _("%(name)s holds no mapping.") % {"name": path.name},
            remedy=_("Begin with a line such as 'fields:'."),
        )
    return {str(name): _option(path.name, str(name), value) for name, value in held.items()}


def written_mapping(options: ImportOptions) -> str:
    """Return the choices of an import as the text of a mapping file, to be used again."""
    names = (*_TEXTS, *_TABLES, "srid", "drop_other_fields")
    chosen = {name: getattr(options, name) for name in names if getattr(options, name)}
    plain = {n: dict(v) if isinstance(v, Mapping) else v for n, v in chosen.items()}
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)


def _option(file: str, name: str, value: Any) -> Any:  # noqa: ANN401 - what YAML holds
    if name in _TEXTS and isinstance(value, str | int):
        return str(value)
    if name == "srid" and isinstance(value, int):
        return value
    if name == "drop_other_fields" and isinstance(value, bool):
        return value
    if name in _TABLES and isinstance(value, dict):
        return {str(k): None if v is None else str(v) for k, v in value.items()}
    known = ", ".join((*_TEXTS, *_TABLES, "srid", "drop_other_fields"))
    raise MappingError(
        _("%(file)s: '%(name)s' is no option of reading, or has a value of the wrong kind.")
        % {"file": file, "name": name},
        remedy=_("Use: %(known)s.") % {"known": known},
    )


def check_mapping(options: ImportOptions, classes: ClassData, fields: Sequence[str]) -> None:
    """Refuse a mapping of columns the file lacks, or to classes that do not exist.

    Raises
    ------
    UserFacingError
        An unknown column, two columns of one new name, an unknown class.
    """
    if absent := [name for name in options.fields if name not in fields]:
        raise MappingError(
            _("The file has no column '%(column)s', which the mapping names.")
            % {"column": absent[0]},
            remedy=_("Its columns are: %(names)s.") % {"names": ", ".join(fields[:30]) or "–"},
        )
    if unknown := {code for code in options.classes.values() if code} - set(classes.ids):
        raise UnknownLandUseError(sorted(unknown))
    if options.classes and not options.class_field:
        raise MappingError(
            _("The mapping turns values into classes, but does not say of which column."),
            remedy=_("Add class_field, or --class-field COLUMN."),
        )


def property_names(options: ImportOptions, fields: Sequence[str]) -> dict[str, str]:
    """Return the new name of each column that is kept.

    Raises
    ------
    MappingError
        Two columns would have one name, or a name is too long.
    """
    names = {f: f for f in fields if not options.drop_other_fields or f in options.fields}
    for column, name in options.fields.items():
        if name is None:
            names.pop(column, None)
        elif column in names:
            names[column] = name
    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    too_long = [name for name in names.values() if len(name) > MAX_NAME]
    if twice or too_long:
        why = (
            _("'%(name)s' would be the name of two columns. Nothing was imported.")
            if twice
            else _("'%(name)s' is too long for a name. Nothing was imported.")
        )
        raise MappingError(
            why % {"name": (twice or too_long)[0][:MAX_NAME]},
            remedy=_("Give every column a name of its own, or null to leave it out."),
        )
    return names


def mapped_values(
    values: pa.Array, classes: Mapping[str, str | None]
) -> tuple[pa.Array, np.ndarray]:
    """Return a column with its values turned into codes, and which rows are to have no class."""
    if not classes:
        return values, np.zeros(len(values), dtype=bool)
    places = pc.index_in(values, value_set=pa.array(list(classes), pa.string()))
    codes = pc.take(pa.array(list(classes.values()), pa.string()), places)
    is_mapped = places.is_valid()
    without_class = pc.and_(is_mapped, codes.is_null())
    return pc.if_else(is_mapped, codes, values), np.asarray(without_class)
