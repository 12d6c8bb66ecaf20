"""The fixed words of imports on the web."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class UploadState(TextChoices):
    """The life of a file that was brought in."""

    KEPT = "kept", _("waiting to be imported")
    IMPORTED = "imported", _("imported")
    REMOVED = "removed", _("file removed")


class Step(TextChoices):
    """What can be done with a file, in this order; each is a run of its own."""

    LOOK = "look", _("look into the file")
    TRIAL = "trial", _("try the import")
    IMPORT = "import", _("import")


class ClassSource(TextChoices):
    """Where the land-use class of a feature comes from."""

    NONE = "none", _("no class")
    ONE = "one", _("all have the same class")
    FIELD = "field", _("from a column of the file")
    OSM = "osm", _("from OpenStreetMap tags")


class Mode(TextChoices):
    """What becomes of features that the file does not name."""

    REPLACE = "replace", _("The layer holds exactly this file afterwards")
    ADD = "add", _("Add and update; what the file does not name stays")
