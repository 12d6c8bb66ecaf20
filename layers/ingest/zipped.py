"""Files in a zip archive: only what is needed is taken out, after a look at its size.

Names inside the archive never choose a path on this machine, links are refused, and what the
archive declares as size is checked before and held to while unpacking.
"""

import codecs
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from layers.errors import UserFacingError
from layers.ingest.confined.limits import Limits
from layers.numbers import number
from layers.retold import gettext as _

# Tables of blanks pack to a hundredth; deflate reaches 1,032:1 only on purpose (RFC 1951). Small
# archives may do what they like.
MAX_RATIO = 250
_RATIO_FROM_BYTES = 64 * 1024**2
_COPY_BYTES = 1 << 20
_MAX_STEM = 60
MAX_BYTES = Limits().unpacked_bytes
_UNREADABLE = (
    *(zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError),
    *(zlib.error, lzma.LZMAError, ValueError),
)
# Fields cut within a character are few; in another encoding nearly every sign is broken.
_BROKEN_IN = 5
# dBASE language driver byte 0x57 is what GIS programs write for "ANSI, whatever that is here".
_ANSI_CODE_PAGE = re.compile(r"(?i:ansi|oem)[ _-]?([0-9]{3,5})")
_LANGUAGE_DRIVER_AT, _UNSTATED_LANGUAGES = 29, frozenset({0x00, 0x57})


class ArchiveError(UserFacingError):
    """A zip archive that holds nothing to import, or an unsafe one."""


def unpack_kml(archive: Path, folder: Path, *, max_bytes: int = MAX_BYTES) -> Path:
    """Take the KML of a KMZ out: ``doc.kml``, else the first at the top (OGC 12-007r2, 9.1).

    Raises
    ------
    ArchiveError
        Damaged archive, no KML in it, a link, too large.
    """
    with opened_archive(archive) as opened:
        found = [m for m in opened.infolist() if suffix_of(m) == ".kml" and not is_hidden(m)]
        if not found:
            raise ArchiveError(
                _("%(name)s holds no .kml.") % {"name": archive.name},
                remedy=_("Save it again as KMZ in Google Earth."),
            )
        root = min(found, key=lambda m: (m.filename.count("/"), m.filename.lower() != "doc.kml"))
        check_sizes(archive, [root], max_bytes)
        take_out(opened, root, folder / f"{safe_stem(root)}.kml")
    return folder / f"{safe_stem(root)}.kml"


@contextmanager
def opened_archive(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; what is wrong with it is told in a sentence."""
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except _UNREADABLE as error:
        raise ArchiveError(
            _("%(name)s cannot be unpacked (%(error)s).") % {"name": archive.name, "error": error},
            remedy=_("Fetch it again, or zip it anew without a password."),
        ) from error


def safe_stem(member: zipfile.ZipInfo) -> str:
    """Return a member's name without folders and signs: the layer is called by it."""
    stem = PurePosixPath(member.filename.replace("\\", "/")).stem
    return re.sub(r"[^\w-]", "_", stem)[:_MAX_STEM] or "layer"


def check_sizes(archive: Path, members: list[zipfile.ZipInfo], max_bytes: int) -> None:
    """Refuse an archive whose entries are too large, too well packed, or links."""
    unpacked = sum(member.file_size for member in members)
    if unpacked > max_bytes:
        raise ArchiveError(
            _("%(name)s would unpack to more than the %(most)s GB it may: %(unpacked)s GB.")
            % {
                "name": archive.name,
                "most": number(max_bytes / 1024**3, 1),
                "unpacked": number(unpacked / 1024**3, 1),
            },
            remedy=_("Export it as GeoPackage, or in several parts."),
        )
    if unpacked > max(_RATIO_FROM_BYTES, MAX_RATIO * archive.stat().st_size):
        raise ArchiveError(
            _("%(name)s would unpack to %(times)s times its size.")
            % {"name": archive.name, "times": number(unpacked // archive.stat().st_size)},
            remedy=_("No survey packs so well: it is damaged or malicious. Ask for another."),
        )
    if any(stat.S_ISLNK(member.external_attr >> 16) for member in members):
        raise ArchiveError(
            _("%(name)s holds a link to another file instead of the file itself.")
            % {"name": archive.name},
            remedy=_("Zip the files themselves."),
        )


def take_out(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Write one entry into a file, no more of it than the archive says there is."""
    left = member.file_size
    with opened.open(member) as source, target.open("wb") as file:
        while chunk := source.read(_COPY_BYTES):
            left -= len(chunk)
            if left < 0:
                raise ArchiveError(
                    _("%(filename)s is larger than the archive says.")
                    % {"filename": member.filename},
                    remedy=_("The archive is damaged or malicious: ask the supplier for another."),
                )
            file.write(chunk)


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


def suffix_of(member: zipfile.ZipInfo) -> str:
    """Return an entry's ending in small letters."""
    return PurePosixPath(member.filename).suffix.lower()


def is_hidden(member: zipfile.ZipInfo) -> bool:
    """Tell whether an entry is what macOS adds of its own, or a folder."""
    if member.is_dir():
        return True
    parts = PurePosixPath(member.filename).parts
    return any(part.startswith(("._", "__MACOSX")) for part in parts)
