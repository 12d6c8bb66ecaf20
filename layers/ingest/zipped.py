"""A Shapefile in a zip archive: only its own parts are taken out, after a look at their sizes."""

import codecs
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from layers.errors import UserFacingError

# A .shp or .dbf cannot pass 2 GB by its own format (32-bit offsets in 16-bit words).
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_MEMBERS = 1_000
_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
_NEEDED = (".shp", ".shx", ".dbf")
_COPY_BYTES = 1 << 20
# Fields cut within a character are few; in another encoding nearly every sign is broken.
_BROKEN_IN = 5
# dBASE language driver byte 0x57 is what GIS programs write for "ANSI, whatever that is here".
_ANSI_CODE_PAGE = re.compile(r"(?i:ansi|oem)[ _-]?([0-9]{3,5})")
_LANGUAGE_DRIVER_AT, _UNSTATED_LANGUAGES = 29, frozenset({0x00, 0x57})


class ArchiveError(UserFacingError):
    """A zip archive that holds no single Shapefile, or an unsafe one."""


def unpack_shapefile(archive: Path, folder: Path) -> Path:
    """Take the one Shapefile of an archive out into a folder and return its ``.shp``.

    Names inside the archive never choose a path on this machine, and what the archive declares as
    size is checked before and held to while unpacking.

    Raises
    ------
    ArchiveError
        Damaged archive, no or several Shapefiles, missing parts, too large.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _members_of_one_shapefile(archive.name, opened.infolist())
            for suffix, member in members.items():
                _take_out(opened, member, folder / f"source{suffix}")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ArchiveError(
            f"{archive.name} cannot be unpacked ({error}).",
            remedy="Fetch it again, or zip it anew without a password.",
        ) from error
    _check_lengths(archive.name, folder / "source.shp")
    return folder / "source.shp"


def _members_of_one_shapefile(
    name: str, members: list[zipfile.ZipInfo]
) -> dict[str, zipfile.ZipInfo]:
    shapes = [m for m in members if _suffix(m) == ".shp" and not _is_hidden(m)]
    if len(shapes) != 1 or len(members) > MAX_MEMBERS:
        names = ", ".join(m.filename for m in shapes[:8]) or "none"
        raise ArchiveError(
            f"{name} must hold exactly one Shapefile; it holds: {names}.",
            remedy="Zip each Shapefile (.shp, .shx, .dbf, .prj, .cpg) by itself.",
        )
    stem = str(PurePosixPath(shapes[0].filename).with_suffix("")).lower()
    same = {
        _suffix(m): m
        for m in members
        if str(PurePosixPath(m.filename).with_suffix("")).lower() == stem and _suffix(m) in _PARTS
    }
    _check_parts(name, same)
    return same


def _check_parts(name: str, parts: dict[str, zipfile.ZipInfo]) -> None:
    if missing := [suffix for suffix in _NEEDED if suffix not in parts]:
        raise ArchiveError(
            f"{name}: the Shapefile lacks its {' and '.join(missing)}.",
            remedy="Zip all parts of the Shapefile together.",
        )
    if sum(part.file_size for part in parts.values()) > MAX_UNPACKED_BYTES:
        raise ArchiveError(
            f"{name} would unpack to more than {MAX_UNPACKED_BYTES // 1024**3} GB.",
            remedy="Export it as GeoPackage, or in several parts.",
        )


def _take_out(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    left = member.file_size
    with opened.open(member) as source, target.open("wb") as file:
        while chunk := source.read(_COPY_BYTES):
            left -= len(chunk)
            if left < 0:
                raise ArchiveError(
                    f"{member.filename} is larger than the archive says.",
                    remedy="The archive is damaged or malicious: ask the supplier for another.",
                )
            file.write(chunk)


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
                f"{name}: the {suffix} part is damaged or incomplete. Nothing was imported.",
                remedy="Ask for the Shapefile again; compare its size with the original.",
            )


def text_encoding(shape_file: Path) -> str:
    """Return the encoding of a Shapefile's texts when the file does not state it, else ``""``.

    Khmer cannot be written in any dBASE code page, so texts that are valid UTF-8 are UTF-8.
    """
    if _states_code_page(shape_file.with_suffix(".cpg")):
        return ""
    with shape_file.with_suffix(".dbf").open("rb") as table:
        head = table.read(32)
        if len(head) > _LANGUAGE_DRIVER_AT and head[_LANGUAGE_DRIVER_AT] not in _UNSTATED_LANGUAGES:
            return ""
        table.seek(int.from_bytes(head[8:10], "little"))
        return "UTF-8" if _reads_as_utf8(table) else "CP1252"


def _states_code_page(stated: Path) -> bool:
    """Tell whether a ``.cpg`` names an encoding; leave only what GDAL understands in it.

    ``ANSI 1252`` is unknown to GDAL, which then loses every letter that is not ASCII.
    """
    name = stated.read_bytes().decode("ascii", "replace").strip() if stated.exists() else ""
    if ansi := _ANSI_CODE_PAGE.fullmatch(name):
        stated.write_text(ansi[1], encoding="ascii")
        return True
    if name and not name.isdigit():
        try:
            codecs.lookup(name)
        except LookupError:
            name = ""
    if not name:
        stated.unlink(missing_ok=True)
    return bool(name)


def _reads_as_utf8(table: BinaryIO) -> bool:
    """Tell whether bytes are UTF-8, allowing for characters cut at the end of a field."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    written = broken = 0
    while chunk := table.read(_COPY_BYTES):
        text = decoder.decode(chunk)
        written += sum(not sign.isascii() for sign in text)
        broken += text.count("\N{REPLACEMENT CHARACTER}")
    return broken * _BROKEN_IN <= written


def _suffix(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    return any(part.startswith(("._", "__MACOSX")) for part in parts)
