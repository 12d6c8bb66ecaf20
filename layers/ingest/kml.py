"""KML: markup that is checked before GDAL's library for it sees the file."""

from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from layers.ingest.batches import SourceError
from layers.retold import gettext as _

# Folders in folders: nobody sorts places deeper. The library follows them by recursion.
MAX_DEPTH = 100
# Columns the library gives every place; they say how it is drawn, not what it is.
DRAWING_COLUMNS = frozenset(
    {"timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility"}
    | {"drawOrder", "icon", "snippet", "gx_media_links"}
)


def check_markup(path: Path, name: str) -> None:
    """Read the markup once: whole, not nested without end, no declarations of its own.

    A document type can define entities that unfold to gigabytes or name other files ("billion
    laughs"); KML has no use for one (OGC 12-007r2).

    Raises
    ------
    SourceError
        Broken markup, a document type, or nesting beyond reason.
    """
    watch = _Watch(name)
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = watch.declared
    parser.StartElementHandler, parser.EndElementHandler = watch.opened, watch.closed
    with path.open("rb") as file:
        try:
            parser.ParseFile(file)
        except expat.ExpatError as error:
            raise _broken(name, error) from error


@dataclass(slots=True)
class _Watch:
    """Looks at the markup as it goes by, and stops what no KML needs."""

    name: str
    depth: int = 0

    def declared(self, *_parts: object) -> None:
        """Refuse a document type or an entity."""
        raise SourceError(
            _(
                "%(name)s declares a document type or entities, which KML never "
                "needs; it may be made to do harm. Nothing was imported."
            )
            % {"name": self.name},
            remedy=_("Open it in Google Earth and save it again, or ask for another export."),
        )

    def opened(self, _tag: str, _attributes: dict[str, str]) -> None:
        """Count one level down, and refuse the hundred and first."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SourceError(
                _("%(name)s nests its elements more than %(max_depth)s deep. Nothing was imported.")
                % {"name": self.name, "max_depth": MAX_DEPTH},
                remedy=_("Open it in Google Earth and save the places in one folder."),
            )

    def closed(self, _tag: str) -> None:
        """Count one level up."""
        self.depth -= 1


def _broken(name: str, error: expat.ExpatError) -> SourceError:
    return SourceError(
        _(
            "%(name)s cannot be read: its markup breaks at line %(lineno)s "
            "(%(errorstring)s). Nothing was imported."
        )
        % {
            "name": name,
            "lineno": error.lineno,
            "errorstring": expat.ErrorString(error.code),
        },
        remedy=_("Fetch or export the file again and compare its size with the original."),
    )
