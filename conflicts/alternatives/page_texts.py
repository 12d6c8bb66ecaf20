"""The words that the script of what-if writes, in the reader's language."""

from django.utils.translation import gettext as _

from layers.profiles.choice import unused_classes


def page_texts() -> dict[str, str]:
    """Return the texts by the names under which the script uses them."""
    return _of_the_map() | _of_features() | _of_answers()


def _of_the_map() -> dict[str, str]:
    return {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "coordinates": _("Coordinates"),
        "notAllFromAfar": _("Zoom in to see every feature."),
        "clickPlace": _("Click where it stands"),
        "clickFirst": _("Click the first corner"),
        "clickNext": _("Click the next corner"),
        "clickLast": _("Click the last corner again, or press Enter, to finish"),
        "clickFirstAgain": _("Click the first corner again, or press Enter, to finish"),
        "chooseOnMap": _("Click the feature that is to be moved, changed or removed."),
        "nothingThere": _("Nothing stands there that you could change. Click a feature."),
        "dragIt": _("Drag the shape to where it is to stand."),
        "dragCorners": _("Drag the corners. A right click takes one away."),
    }


def _of_features() -> dict[str, str]:
    return {
        "findClass": _("Find a class"),
        "noClass": _("no class"),
        "unusedClasses": unused_classes(),
        "alternative": _("Alternative %(name)s"),
        "takeAway": _("Take this alternative away"),
        "nothingYet": _("Nothing is changed in this alternative yet: draw, choose, or hand in."),
        "isNew": _("new"),
        "isChanged": _("as it would stand"),
        "isRemoved": _("removed"),
        "landUse": _("Class"),
        "lifecycle": _("Lifecycle"),
        "layer": _("Layer"),
        "move": _("Move"),
        "corners": _("Corners"),
        "show": _("Show"),
        "forget": _("Forget this change"),
        "remove": _("Would be gone"),
        "keep": _("Would stand"),
        "eastM": _("East [m]"),
        "northM": _("North [m]"),
        "moveBy": _("Move by so much"),
        "tooMany": _("%(most)s features can be asked about at once."),
        "notGeoJson": _("The file is no GeoJSON with features."),
        "taken": _("%(count)s features were taken from the file."),
        "badPlace": _("Write latitude, longitude and a width above 0 m."),
    }


def _of_answers() -> dict[str, str]:
    return {
        "asking": _("Asking the rules…"),
        "asked": _("Asked. The findings are listed below."),
        "unreachable": _("The server cannot be reached now. What you drew is kept in this page."),
        "tooLong": _("This is too large for a link. Hand it over as a GeoJSON file."),
        "copied": _("The link is copied. It holds what was drawn; nothing is stored."),
        "copyThis": _("Copy the address of this page: it holds what was drawn."),
        "draftMade": _("It is in a draft of %(layer)s now:"),
        "openDraft": _("Open the draft"),
        "draftTitle": _("What-if %(name)s"),
        "noSuchLayer": _("Choose a layer for each new feature first: proposals hold no drafts."),
    }
