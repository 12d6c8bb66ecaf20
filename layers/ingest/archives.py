"""What a zip archive holds: Shapefiles, else one file of another format and what describes it.

Krong's own downloads come as archives: Shapefiles by kind of shape, a drawing with its ``.prj``, a
table with what its columns are. They are read as they are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from zipfile import ZipInfo

from layers.ingest.formats import SourceFormat
from layers.ingest.zipped import (
    MAX_BYTES,
    ArchiveError,
    check_sizes,
    is_hidden,
    opened_archive,
    safe_stem,
    suffix_of,
    take_out,
)
from layers.numbers import number
from layers.retold import gettext as _

MAX_MEMBERS = 1_000
_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
_NEEDED = (".shp", ".shx", ".dbf")
# Other formats an archive may hold, the first found counts: a drawing comes with a table beside it.
_OTHERS = (
    *(SourceFormat.GEOPACKAGE, SourceFormat.FLATGEOBUF, SourceFormat.GEOPARQUET),
    *(SourceFormat.GEOJSON, SourceFormat.GEOJSON_SEQUENCE, SourceFormat.KML),
    *(SourceFormat.DXF, SourceFormat.CSV),
)
DESCRIPTION = "-metadata.json"  # of a table: W3C, Model for Tabular Data, section 5.2
FIELDS = "fields.csv"  # of Krong's Shapefiles: which column is which attribute
_MAX_DESCRIPTION_BYTES = 8 * 1024**2


def shapefile_layers(archive: Path) -> list[str]:
    """Return the names of the Shapefiles in an archive.

    Raises
    ------
    ArchiveError
        Damaged, too many entries, or two entries of one name.
    """
    with opened_archive(archive) as opened:
        return list(_shapefiles(_listed(archive.name, opened.infolist())))


def unpack(archive: Path, folder: Path, *, layer: str = "", max_bytes: int = MAX_BYTES) -> Path:
    """Take one Shapefile or other file out, with what describes it; return its path.

    Raises
    ------
    ArchiveError
        Damaged, several Shapefiles and none chosen, missing parts, a link, too large, or nothing
        that Krong imports.
    """
    with opened_archive(archive) as opened:
        members = _listed(archive.name, opened.infolist())
        found = _shapefiles(members)
        if not found:
            wanted = _only_other(archive.name, members)
            check_sizes(archive, list(wanted.values()), max_bytes)
        else:
            # of all: whoever looks into an archive takes out one after the other
            every = [member for parts in found.values() for member in parts.values()]
            check_sizes(archive, [*every, *_small(members, FIELDS).values()], max_bytes)
            stem = _chosen(archive.name, list(found), layer)
            _check_parts(archive.name, found[stem])
            wanted = {f"{stem}{suffix}": member for suffix, member in found[stem].items()}
            wanted |= _small(members, FIELDS)
        for name, member in wanted.items():
            take_out(opened, member, folder / name)
    main = folder / next(iter(wanted))
    if main.suffix == ".shp":
        _check_lengths(archive.name, main)
    return main


def _listed(name: str, members: list[ZipInfo]) -> list[ZipInfo]:
    """Return the entries that count; which of two of one name is read would be anybody's guess."""
    if len(members) > MAX_MEMBERS:
        raise ArchiveError(
            _("%(name)s holds more than %(most)s files.")
            % {"name": name, "most": number(MAX_MEMBERS)},
            remedy=_("Zip only the layer you want to import."),
        )
    shown = [member for member in members if not is_hidden(member)]
    names = Counter(member.filename.lower() for member in shown)
    if twice := [one for one, count in names.items() if count > 1]:
        raise ArchiveError(
            _("%(name)s holds two files called %(file)s.") % {"name": name, "file": twice[0]},
            remedy=_("Fetch it again, or zip it anew without a password."),
        )
    return shown


def _shapefiles(members: Sequence[ZipInfo]) -> dict[str, dict[str, ZipInfo]]:
    """Return the parts of each Shapefile by the name of its layer, ``.shp`` first."""
    found: dict[str, dict[str, ZipInfo]] = {}
    for shapes in (member for member in members if suffix_of(member) == ".shp"):
        stem = _path_stem(shapes)
        same = {suffix_of(m): m for m in members if _path_stem(m) == stem}
        name, count = safe_stem(shapes), 1
        while name in found:
            count += 1
            name = f"{safe_stem(shapes)}_{count}"
        found[name] = {".shp": shapes} | {s: m for s, m in same.items() if s in _PARTS}
    return found


def _path_stem(member: ZipInfo) -> str:
    return str(PurePosixPath(member.filename).with_suffix("")).lower()


def _chosen(name: str, layers: list[str], wanted: str) -> str:
    if len(layers) == 1:  # whatever an older file's layer was called
        return layers[0]
    if wanted in layers:
        return wanted
    if wanted:
        raise ArchiveError(
            _("%(file_name)s holds no layer '%(wanted)s'.") % {"file_name": name, "wanted": wanted},
            remedy=_("It holds: %(names)s.") % {"names": ", ".join(layers[:20])},
        )
    raise ArchiveError(
        _("%(name)s holds %(count)s layers: %(names)s.")
        % {"name": name, "count": len(layers), "names": ", ".join(layers[:20])},
        remedy=_("Choose one, e.g. --source-layer %(layer)s") % {"layer": layers[0]},
    )


def _check_parts(name: str, parts: Mapping[str, ZipInfo]) -> None:
    if missing := [suffix for suffix in _NEEDED if suffix not in parts]:
        raise ArchiveError(
            _("%(name)s: the Shapefile lacks its %(names)s.")
            % {"name": name, "names": ", ".join(missing)},
            remedy=_("Zip all parts of the Shapefile together."),
        )


def _only_other(name: str, members: Sequence[ZipInfo]) -> dict[str, ZipInfo]:
    """Return the one file of the first other format found, and what stands beside it."""
    for known in _OTHERS:
        held = [m for m in members if _is_of(m, known)]
        if len(held) > 1:
            names = ", ".join(member.filename for member in held[:8])
            raise ArchiveError(
                _("%(name)s holds several files that could be meant: %(names)s.")
                % {"name": name, "names": names},
                remedy=_("Take the one you mean out of the archive and import it by itself."),
            )
        if held:
            stem, [main] = safe_stem(held[0]), held
            beside = {
                f"{stem}{ending}": member
                for ending in (".prj", f"{suffix_of(main)}{DESCRIPTION}")
                for member in members
                if member.filename.lower() == f"{_path_stem(main)}{ending}"
                and member.file_size <= _MAX_DESCRIPTION_BYTES
            }
            return {f"{stem}{suffix_of(main)}": main, **beside}
    names = ", ".join(member.filename for member in members[:8]) or "–"
    raise ArchiveError(
        _("%(name)s holds nothing that Krong imports from an archive: %(names)s.")
        % {"name": name, "names": names},
        remedy=_(
            "Zip each Shapefile (.shp, .shx, .dbf, .prj, .cpg) by itself. Take other files, such "
            "as a raster, out of the archive first."
        ),
    )


def _is_of(member: ZipInfo, known: SourceFormat) -> bool:
    name = member.filename.lower()
    return name.endswith(known.endings) and not name.endswith((DESCRIPTION, f"/{FIELDS}"))


def _small(members: Sequence[ZipInfo], name: str) -> dict[str, ZipInfo]:
    """Return a small file at the top of the archive, if it is there."""
    found = {member.filename: member for member in members if member.filename == name}
    return {n: m for n, m in found.items() if m.file_size <= _MAX_DESCRIPTION_BYTES}


def _check_lengths(name: str, shape_file: Path) -> None:
    """Refuse parts shorter than their own headers say: GDAL reads what is there and keeps quiet."""
    with shape_file.open("rb") as shapes:
        shapes_header = shapes.read(28)
    with shape_file.with_suffix(".dbf").open("rb") as table:
        table_header = table.read(12)
    # ESRI Shapefile Technical Description (1998): length in 16-bit words, big-endian, at byte 24
    stated = {".shp": 2 * int.from_bytes(shapes_header[24:28], "big")}
    # dBASE: records at byte 4, length of the header at 8 and of a record at 10, little-endian
    records, header, record = (table_header[a:b] for a, b in ((4, 8), (8, 10), (10, 12)))
    stated[".dbf"] = int.from_bytes(header, "little") + int.from_bytes(
        records, "little"
    ) * int.from_bytes(record, "little")
    for suffix, length in stated.items():
        if shape_file.with_suffix(suffix).stat().st_size < length:
            raise ArchiveError(
                _("%(name)s: the %(suffix)s part is damaged or incomplete. Nothing was imported.")
                % {"name": name, "suffix": suffix},
                remedy=_("Ask for the Shapefile again; compare its size with the original."),
            )
