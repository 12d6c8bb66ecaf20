"""The fixed words of a sheet, in Khmer and English at once; Khmer terms are drafts."""

from planning.sentences import Said, said
from planning.vocab import ReservationStatus


def words() -> dict[str, Said]:
    """Return the headings and labels of the sheet."""
    return _of_the_reservation() | _of_the_frame() | _of_the_tables()


def _of_the_reservation() -> dict[str, Said]:
    return {
        "title": said("Map of reserved land"),
        "tables": said("Tables of the reservation"),
        "reference": said("Reference"),
        "purpose": said("Purpose"),
        "class": said("Use"),
        "status": said("Status"),
        "beneficiary": said("Beneficiary"),
        "legal_basis": said("Legal basis"),
        "released_on": said("Released on"),
        "release_basis": said("Released by decision"),
        "release_reason": said("Reason of the release"),
        "horizon": said("Horizon"),
        "expires": said("Expires on"),
        "plan": said("Land-use plan"),
        "reserved_area": said("Reserved area"),
        "claimed_area": said("Area as claimed"),
        "difference": said("measured minus claimed"),
        "not_stated": said("not stated"),
    }


def _of_the_frame() -> dict[str, Said]:
    return {
        "location": said("Location in the city"),
        "legend": said("Legend"),
        "scale": said("Scale"),
        "north": said("Grid north"),
        "crs": said("Coordinate system"),
        "authority": said("Authority"),
        "prepared": said("Prepared by"),
        "checked": said("Checked by"),
        "approved": said("Approved by"),
        "name_position": said("name, position"),
        "signature": said("date, signature, stamp"),
        "sheet": said("Sheet"),
        "date": said("Printed on"),
        "digest": said("Digest of the content"),
    }


def _of_the_tables() -> dict[str, Said]:
    return {
        "points": said("Boundary points"),
        "point": said("Point"),
        "east": said("East E [m]"),
        "north_m": said("North N [m]"),
        "side": said("Side"),
        "side_m": said("Length [m]"),
        "bearing": said("Bearing"),
        "parcels": said("Parcels"),
        "parcel": said("Parcel"),
        "tenure": said("Tenure"),
        "title_type": said("Title"),
        "legal_m2": said("Area in the title [m²]"),
        "mapped_m2": said("Area on the map [m²]"),
        "affected_m2": said("Area affected [m²]"),
        "share": said("Share"),
        "total": said("Total"),
        "balance": said("Area balance"),
        "on_parcels": said("on parcels, summed"),
        "twice": said("counted twice where parcels overlap"),
        "outside": said("outside every parcel"),
        "sources": said("Data used"),
        "layer": said("Layer"),
        "version": said("Version"),
        "captured": said("Captured on"),
        "published": said("Published"),
        "source": said("Source and licence"),
        "notes": said("Notes"),
        "withheld": said("The parcels are not listed: their layer is not public."),
        "none_affected": said("The land lies on no parcel of the cadastre."),
        "synthetic": said("SYNTHETIC DATA: a demonstration, no place on earth"),
        "continued": said("The legend continues on the next page."),
    }


def watermark(status: str) -> Said | None:
    """Return what lies across every page while a reservation does not bind; None while it does."""
    marks = {
        ReservationStatus.PROPOSED: said("PROPOSED - NOT ADOPTED"),
        ReservationStatus.RELEASED: said("RELEASED - NOT IN FORCE"),
        ReservationStatus.LAPSED: said("LAPSED - NOT IN FORCE"),
    }
    return marks.get(ReservationStatus(status))


def standing_notes() -> list[Said]:
    """Return what holds for every sheet."""
    return [
        said(
            "This sheet shows what the register states. It grants no right and replaces no "
            "decision of the competent authority."
        ),
        said(
            "Areas and lengths are measured on the grid. Bearings count clockwise from grid north."
        ),
        said("Parcels are shown as they stood when the land was reserved."),
        said("Names of owners and occupants are left out."),
        said("Khmer terms are drafts, to be checked by the city."),
    ]
