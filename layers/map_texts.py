"""The words of the map page that the script writes, in the reader's language."""

from django.utils.translation import gettext as _


def map_texts() -> dict[str, str]:
    """Return the script's texts by the name under which it uses them."""
    return _of_the_panel() | _of_answers() | _of_findings() | _of_the_place()


def _of_the_panel() -> dict[str, str]:
    return {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "zoomToLayer": _("Show the whole layer"),
        "opacity": _("Opacity"),
        "shownFromZoom": _("Zoom in to see this layer"),
        "notAllFromAfar": _("Zoom in to see all: small things are drawn together or hidden here."),
        "noLayers": _("No layer is published yet."),
        "noResults": _("Nothing found. Check the spelling, or search by code."),
        "onlySmallLayers": _("Only small layers were searched: type three letters or more."),
        "searching": _("Searching…"),
        "failed": _("The server did not answer. Try again."),
        "coordinates": _("Coordinates"),
    }


def _of_answers() -> dict[str, str]:
    return {
        "asking": _("Looking up this place…"),
        "clickToAsk": _("Click the map to see what is recorded at a place."),
        "nothingHere": _("Surveyed here, nothing found"),
        "unknownHere": _("Not surveyed here: cannot tell"),
        "noValueHere": _("No value here: cannot tell"),
        "version": _("version"),
        "source": _("Source"),
        "hasMore": _("There are more; zoom in and click again."),
        "extract": _("Extract for this parcel"),
        "metresAway": _("m away"),
        "state": _("State"),
    }


def _of_findings() -> dict[str, str]:
    return {
        "findingsLoading": _("Loading findings…"),
        "findingsNone": _("No finding is stored in this part of the map. That is no all-clear."),
        "findingsMissing": _("Findings cannot be loaded now. This does not mean there are none."),
        "nothingDetected": _("No detection has run: nothing can be said."),
        "gravestOf": _("%(shown)s of %(total)s in view are listed, the gravest first."),
        "untoldRules": _("%(count)s rules cannot tell: something is missing."),
        "allFindings": _("All findings, and what cannot be told"),
        "measured": _("Measured"),
        "required": _("Required"),
        "openFinding": _("Open the finding"),
        "findingUnknown": _("There is no finding %(number)s that you may see."),
    }


def _of_the_place() -> dict[str, str]:
    return {
        "openOf": _("Open findings: %(total)s"),
        "worstOf": _("%(shown)s of %(total)s open findings, the gravest first."),
        "noneStored": _("No open finding is stored for it. That is no all-clear."),
        "noneKnown": _("Cannot tell whether it breaks a rule."),
        "changedLayers": _("Changed since the last detection, cannot tell for sure: %(names)s"),
        "changedSince": _("Something changed since the last detection: cannot tell for sure."),
        "beingRechecked": _("What changed is being re-checked now: look again in a moment."),
        "unaskedRulebooks": _("In force, but never asked of this land: %(names)s"),
        "notLookedUp": _("Its findings were not looked up: zoom in and click again."),
    }
