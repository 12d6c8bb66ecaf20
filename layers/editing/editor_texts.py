"""The words of the editors that their scripts write, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from layers.profiles.choice import unused_classes

Texts = dict[str, "str | dict[str, str]"]


def editor_texts() -> Texts:
    """Return the texts of the feature editor by the name under which its script uses them."""
    return {
        **_of_the_map(),
        **_of_drawing(),
        **_of_the_form(),
        **_of_saving(),
        **_of_conflicts(),
        **_of_publishing(),
        "tools": _tools(),
        "hints": _hints(),
        "marks": _marks(),
    }


def survey_texts() -> Texts:
    """Return the texts of the editor of surveyed areas."""
    return {
        **_of_the_map(),
        **_of_drawing(),
        **_of_saving(),
        **_of_surveys(),
        "cancel": _("Cancel"),
        "findClass": _("Find a class"),
    }


def _of_the_map() -> Texts:
    return {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "coordinates": _("Coordinates"),
        "zoomIn2Edit": _("Too much stands here to change it: zoom in."),
        "nothingInView": _("Nothing stands in this part of the map."),
        "moreInView": _("%(shown)s of %(all)s in view are listed; zoom in for the others."),
        "chooseSomething": _("Choose a feature on the map or in the list, or draw a new one."),
        "isClosed": _("Draft %(number)s is closed; it can be read, not changed."),
    }


def _of_drawing() -> Texts:
    return {
        "clickPlace": _("Click where it stands"),
        "clickFirst": _("Click the first corner"),
        "clickNext": _("Click the next corner"),
        "clickLast": _("Click the last corner again, or press Enter, to finish"),
        "clickFirstAgain": _("Click the first corner again, or press Enter, to finish"),
        "clickToMerge": _("Click the neighbours that are to become one with it."),
        "mergeThese": _("Merge %(count)s features"),
        "aggregateThese": _("One feature of %(count)s parts"),
        "snapExplained": _(
            "Corners that lie this near to a neighbour are moved onto its corner or edge."
        ),
        "snapTolerance": _("Distance [m]"),
        "balanceOpen": _("The pieces together are not as large as what was cut. Please look."),
        "reallyRemove": _("Delete '%(id)s'?"),
        "removeKept": _("It is deleted in the draft only; until it is published, undo it."),
    }


def _of_the_form() -> Texts:
    return {
        "landUse": _("Land-use class"),
        "lifecycle": _("State"),
        "noClass": _("no class"),
        "unusedClasses": unused_classes(),
        "findClass": _("Find a class"),
        "yes": _("yes"),
        "no": _("no"),
        "required": _("a value is required."),
        "noNumber": _("Not a clear number. Write digits without marks between thousands."),
        "noInteger": _("Write a whole number."),
        "tooLittle": _("Not less than %(limit)s."),
        "tooMuch": _("Not more than %(limit)s."),
        "addFeature": _("Add the feature"),
        "saveAttributes": _("Save attributes"),
        "cancel": _("Cancel"),
        "explode": _("Make each part a feature"),
        "withdraw": _("Back to what is published"),
        "remove": _("Delete"),
        "dropUnsent": _("Drop my unsent change"),
    }


def _of_saving() -> Texts:
    return {
        "allSaved": _("Everything is saved on the server."),
        "unsent": _("Changes not yet sent: %(count)s. They are kept on this device."),
        "held": _("Changes that wait for your decision: %(count)s. They are kept on this device."),
        "seeHeld": _("Show"),
        "resend": _("Send now"),
        "notReached": _("The server cannot be reached. Nothing is lost; it is tried again."),
        "signedOut": _("You are signed out. Sign in in another tab, then send again."),
        "sendFirst": _("Some changes are not on the server yet. Send or settle them first."),
    }


def _of_conflicts() -> Texts:
    return {
        "conflict": _("Someone else changed this"),
        "someone": _("someone"),
        "someoneChanged": _("%(who)s changed '%(id)s' on %(when)s, after you read it."),
        "someoneDeleted": _("%(who)s deleted '%(id)s' on %(when)s, after you read it."),
        "nothingLost": _("Nothing was overwritten. Both are shown: decide which one stays."),
        "mine": pgettext("state of a feature", "Mine"),
        "theirs": pgettext("state of a feature", "Theirs"),
        "shape": _("shape"),
        "seeMap": _("as on the map"),
        "isDeleted": _("deleted"),
        "keepMine": _("Keep mine"),
        "takeTheirs": _("Take theirs"),
        "mineOnTheirs": _("Put my changes on theirs"),
    }


def _of_publishing() -> Texts:
    return {
        "check": _("Check"),
        "publish": _("Publish"),
        "noProblems": _("The check found nothing that stands against publishing."),
        "refusing": _("Must be put right before publishing (%(count)s)"),
        "warning": _("Please look again (%(count)s)"),
        "acceptWarnings": _("I have looked at these places and publish all the same."),
        "publishMessage": _("What was changed, and why (for those who come after you)"),
        "published": _(
            "Version %(version)s is published: %(added)s added, %(changed)s changed, "
            "%(removed)s removed."
        ),
        "seeDifference": _("See what changed"),
        "history": _("History"),
        "goOnEditing": _("Go on editing"),
        "mayNotPublish": _("Your account may not publish; tell someone who may of this draft."),
        "exclusive": _(
            "Areas of this layer must not overlap; up to %(tolerance_m)s m it is not counted "
            "(%(basis)s)."
        ),
        "free": _("Features of this layer may overlap."),
        "staleOnes": _(
            "%(count)s features were published by others since you changed them. "
            "Decide about each, then publish."
        ),
    }


def _of_surveys() -> Texts:
    return {
        "drawArea": _("Draw a surveyed area"),
        "reshape": _("Move corners"),
        "replaceShape": _("Draw it anew"),
        "save": _("Save"),
        "remove": _("Delete"),
        "reallyRemove": _("Delete '%(id)s'?"),
        "removeMeans": _("Then nobody can tell any more whether something is missing there."),
        "saved": _("Saved."),
        "none": _("No surveyed area is stated: everywhere the answer is 'cannot tell'."),
        "completeness": _("How completely"),
        "surveyedOn": _("Surveyed on"),
        "source": _("Source"),
        "classesLookedFor": _("Looked for"),
        "classesExplained": _("(nothing ticked: the classes the layer holds or has held)"),
        "allClasses": _("all that the layer holds"),
        "someoneChangedArea": _(
            "%(who)s changed this statement on %(when)s. What you typed is still here."
        ),
        "sendOnTheirs": _("Save mine all the same"),
        "takeTheirs": _("Take theirs"),
        "someone": _("someone"),
        "drawFirst": _("Draw the area on the map first."),
        "unsavedShape": _("The shape on the map is not saved yet."),
    }


def _tools() -> dict[str, str]:
    return {
        "polygon": _("Draw an area"),
        "line": _("Draw a line"),
        "point": _("Set a point"),
        "corners": _("Move corners"),
        "move": _("Move it"),
        "split": pgettext("tool", "Split"),
        "merge": pgettext("tool", "Merge"),
        "hole": _("Cut a hole"),
        "fill": _("Fill a hole"),
        "snap": _("Snap to neighbours"),
        "remove": _("Delete"),
        "undo": _("Undo"),
        "redo": _("Redo"),
    }


def _hints() -> dict[str, str]:
    return {
        "polygon": _("Click the corners; click the first one again, or press Enter, to finish."),
        "line": _("Click the corners; click the last one again, or press Enter, to finish."),
        "point": _("Click where it stands."),
        "corners": _("Drag the corners; a small dot between two makes a new one."),
        "move": _("Drag the feature to its new place."),
        "split": _("Draw a line across, from outside one edge to outside another."),
        "merge": _("Click the neighbours that are to become one with it."),
        "hole": _("Draw the hole inside the area."),
        "fill": _("Click into the hole."),
    }


def _marks() -> dict[str, str]:
    return {
        "none": _("as published"),
        "create": _("new"),
        "replace": _("changed"),
        "delete": _("deleted"),
        "refused": _("refused by the server"),
        "conflict": _("changed by someone else too"),
    }
