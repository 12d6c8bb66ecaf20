"""The land-use classes: read from the fixtures' tables, kept as data that a city edits.

Two schemes share one tree form: ``zone`` (what a plan prescribes) and ``use`` (what stands or is
proposed: facilities, buildings, uses of a permit). A rule that names a class means its branch.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from layers.models import LandUseClass

REFERENCE_DIR = Path(settings.BASE_DIR) / "fixtures" / "reference"

ZONE_GROUP_NAMES = {
    "RES": ("តំបន់លំនៅឋាន", "Residential zones"),
    "COM": ("តំបន់ពាណិជ្ជកម្ម", "Commercial zones"),
    "IND": ("តំបន់ឧស្សាហកម្ម", "Industrial zones"),
    "TOU": ("តំបន់ទេសចរណ៍", "Tourism zones"),
    "PUB": ("តំបន់សេវាសាធារណៈ", "Public service zones"),
    "GRN": ("តំបន់បៃតង", "Green zones"),
    "CON": ("តំបន់អភិរក្ស", "Conservation zones"),
    "AGR": ("តំបន់កសិកម្ម", "Agricultural zones"),
    "INF": ("តំបន់ហេដ្ឋារចនាសម្ព័ន្ធ", "Infrastructure zones"),
    "RSV": ("តំបន់បម្រុងទុក", "Reserve zones"),
}

# Where a use is a kind of a facility, a rule about the facility holds for it too.
USE_PARENTS = {
    "dwelling_single": "residential",
    "apartment_low": "residential",
    "apartment_high": "residential",
    "shophouse": "residential",
    "kindergarten": "school",
    "school_primary": "school",
    "school_secondary": "school",
    "clinic": "health_centre",
    "mall": "market",
    "hotel_small": "hotel",
    "hotel_large": "hotel",
    "karaoke_club": "entertainment",
    "factory_light": "factory",
    "factory_heavy": "factory",
    "admin": "government",
    "fire_station": "government",
    "wwtp_open": "wwtp",
    "wwtp_closed": "wwtp",
    "wwtp_pond": "wwtp",
    "telecom_tower": "telecom",
    "power_line_22": "power_line",
    "power_line_115": "power_line",
    "power_line_230": "power_line",
    "power_line_500": "power_line",
    "road_national_1digit": "road_national",
    "road_national_2digit": "road_national",
}

# Fills for the facility list, which names none; zone colours come from their own table.
USE_COLOURS = {
    "school": "#2F6DB5", "hospital": "#C2185B", "health_centre": "#D81B60",
    "residential": "#E8C66A", "market": "#E07B39", "pagoda": "#B8860B",
    "government": "#5E7FA8", "park": "#6BAA3A", "hotel": "#3BA3AD", "beach": "#E9D8A6",
    "water_intake": "#1976D2", "river": "#4A90C2", "stream": "#5BA0CF", "coast": "#2C7DA0",
    "landfill": "#6D4C41", "wwtp": "#8D6E63", "fuel_station": "#B71C1C", "factory": "#8E6BB0",
    "port": "#546E7A", "airport": "#90A4AE", "substation": "#F9A825", "cemetery": "#A1887F",
    "entertainment": "#AD1457", "road_national": "#C77D2B", "road_provincial": "#D9A25F",
    "road_district": "#BDBDBD", "fire_station": "#D32F2F",
}  # fmt: skip

# Drafts, to be checked by the city: the use table names these uses in English only.
USE_NAMES_KM = {
    "dwelling_single": "ផ្ទះដាច់ ឬផ្ទះជាប់គ្នា", "apartment_low": "អគារស្នាក់នៅ ដល់ ៤ ជាន់",
    "apartment_high": "អគារស្នាក់នៅ លើស ៤ ជាន់", "shophouse": "ផ្ទះអាជីវកម្ម",
    "home_business": "អាជីវកម្មតូចនៅផ្ទះ", "office": "ការិយាល័យ ឬធនាគារ",
    "mall": "ផ្សារទំនើប លើស ៣០០០ ម²", "hotel_small": "ផ្ទះសំណាក់ ដល់ ២០ បន្ទប់",
    "hotel_large": "សណ្ឋាគារ លើស ២០ បន្ទប់", "restaurant": "ភោជនីយដ្ឋាន ឬហាងកាហ្វេ",
    "karaoke_club": "ក្លឹបរាត្រី ឌីស្កូ ឬខារ៉ាអូខេ", "kindergarten": "សាលាមត្តេយ្យ",
    "school_primary": "សាលាបឋមសិក្សា", "school_secondary": "វិទ្យាល័យ ឬសាកលវិទ្យាល័យ",
    "clinic": "មណ្ឌលសុខភាព ឬគ្លីនិក", "admin": "ការិយាល័យរដ្ឋ ប៉ូលិស ឬពន្លត់អគ្គិភ័យ",
    "sport": "ទីលានកីឡា", "workshop": "រោងជាងតូច ឬយានដ្ឋាន", "warehouse": "ឃ្លាំង ឬទីលានកុងតឺន័រ",
    "water_plant": "រោងចក្រទឹក ឬអាងទឹក", "farming": "ដំណាំកសិកម្ម", "parking": "ចំណតរថយន្តសាធារណៈ",
    "bus_terminal": "ស្ថានីយរថយន្តក្រុង", "telecom_tower": "បង្គោលទូរគមនាគមន៍",
}  # fmt: skip

FACILITY_HILUCS = {
    "school": "3_3_2_EducationalServices",
    "hospital": "3_3_3_HealthAndSocialServices",
    "health_centre": "3_3_3_HealthAndSocialServices",
    "residential": "5_1_PermanentResidentialUse",
    "market": "3_1_CommercialServices",
    "pagoda": "3_3_4_ReligiousServices",
    "government": "3_3_1_PublicAdministrationDefenceAndSocialSecurityServices",
    "park": "3_4_4_OpenAirRecreationalAreas",
    "hotel": "3_1_3_AccommodationAndFoodServices",
    "landfill": "4_3_Utilities",
    "wwtp": "4_3_Utilities",
    "substation": "4_3_Utilities",
    "water_intake": "4_3_Utilities",
    "fuel_station": "3_1_CommercialServices",
    "factory": "2_3_LightEndProductIndustry",
    "port": "4_1_4_WaterTransport",
    "airport": "4_1_3_AirTransport",
    "cemetery": "3_3_5_OtherCommunityServices",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassRecord:
    """One class as the fixtures state it."""

    code: str
    scheme: str
    name_km: str
    name_en: str
    parent: str = ""
    hilucs_code: str = ""
    conflict_group: str = ""
    colour: str = "#888888"
    osm_filter: str = ""
    sensitivity: int = 0
    source: str = ""


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a fixture table."""
    with (REFERENCE_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def class_records() -> Iterator[ClassRecord]:
    """Yield every class of the fixtures, parents before children."""
    yield from _zone_groups()
    yield from _zones()
    facilities = {row["code"]: row for row in read_table("facility_types")}
    uses = {row["use_code"]: row for row in read_table("use_zone_matrix")}
    codes = list(facilities) + [code for code in uses if code not in facilities]
    for code in sorted(codes, key=lambda c: (c in USE_PARENTS, codes.index(c))):
        yield _use(code, facilities.get(code, {}), uses.get(code, {}))


def _zone_groups() -> Iterator[ClassRecord]:
    for group, (name_km, name_en) in ZONE_GROUP_NAMES.items():
        yield ClassRecord(
            code=group, scheme="zone", name_km=name_km, name_en=name_en,
            conflict_group=group, source="zone_classes.csv, column group",
        )  # fmt: skip


def _zones() -> Iterator[ClassRecord]:
    for row in read_table("zone_classes"):
        yield ClassRecord(
            code=row["code"],
            scheme="zone",
            parent=row["group"],
            name_km=row["name_km_draft"],
            name_en=row["name_en"],
            hilucs_code=row["hilucs"],
            conflict_group=row["group"],
            colour=row["color"],
            osm_filter=row["osm_tags"],
            source="zone_classes.csv" + (f" ({row['note']})" if row["note"] else ""),
        )


def _use(code: str, facility: Mapping[str, str], use: Mapping[str, str]) -> ClassRecord:
    root = USE_PARENTS.get(code, code)
    return ClassRecord(
        code=code,
        scheme="use",
        parent=USE_PARENTS.get(code, ""),
        name_km=facility.get("name_km_draft") or USE_NAMES_KM.get(code, ""),
        name_en=facility.get("name_en") or use.get("use_en", code),
        hilucs_code=FACILITY_HILUCS.get(root, ""),
        colour=USE_COLOURS.get(code) or USE_COLOURS.get(root, "#888888"),
        osm_filter=facility.get("osm_filter", ""),
        sensitivity=int(facility.get("sensitivity") or 0),
        source="facility_types.csv" if facility else "use_zone_matrix.csv",
    )


@transaction.atomic
def load_classes() -> int:
    """Add the fixtures' classes that are missing; classes a city has edited stay as they are.

    Returns
    -------
    int
        How many classes were added.
    """
    known = dict(LandUseClass.objects.values_list("code", "pk"))
    missing = [record for record in class_records() if record.code not in known]
    known |= _add([record for record in missing if not record.parent], known)
    # then level by level, so that every row finds its parent's key
    while ready := [r for r in missing if r.code not in known and r.parent in known]:
        known |= _add(ready, known)
    return len(missing)


def _add(records: Sequence[ClassRecord], known: Mapping[str, int]) -> dict[str, int]:
    added = LandUseClass.objects.bulk_create(_row(record, known) for record in records)
    return {row.code: row.pk for row in added}


def _row(record: ClassRecord, known: Mapping[str, int]) -> LandUseClass:
    fields = {name: getattr(record, name) for name in record.__slots__ if name != "parent"}
    fields["source"] = fields["source"][:200]
    return LandUseClass(parent_id=known.get(record.parent), **fields)
