import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pymupdf
import pytest
from django.conf import settings
from django.utils import translation
from fontTools.ttLib import TTFont

from layers.errors import UserFacingError
from layers.models import Layer
from layers.paper import fonts
from layers.services import publish_features
from planning.models import LandReservation
from planning.sheet import document
from planning.sheet.document import print_sheet
from planning.sheet.facts import facts_of
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.reserved_land import block, reserve, surroundings

pytestmark = pytest.mark.django_db
POINTS_PER_MM = 72 / 25.4
DOTTED_CIRCLE = 0x25CC


def opened(reservation, paper="A3", scale=None):
    return pymupdf.open(stream=print_sheet(reservation, paper=paper, scale=scale).pdf)


PRINTED = {}


def opened_once(reservation, paper="A3", scale=None):
    """The sheet of the untouched reservation of the fixture: the same in every test."""
    if (paper, scale) not in PRINTED:
        PRINTED[paper, scale] = opened(reservation, paper, scale)
    return PRINTED[paper, scale]


def khmer(metres):
    """Return a coordinate as the sheet writes it: 330 050,00."""
    return f"{metres:,.2f}".replace(",", " ").replace(".", ",")


def text_of(pdf):
    """All that is written, with the spaces between words made one."""
    return " ".join(" ".join(page.get_text() for page in pdf).split())


@pytest.fixture
def reservation():
    block()
    surroundings()
    return reserve()


@cache
def glyph_ids(name):
    font = TTFont(Path(settings.VENDOR_DIR) / fonts.FONT_FILES[name])
    return {code: font.getGlyphID(glyph) for code, glyph in font.getBestCmap().items()}


def grid_crosses(page):
    """Middles of the level arms of the grid's crosses, 3 mm long, in mm of the page."""
    lines = [item for drawing in page.get_drawings() for item in drawing["items"] if item[0] == "l"]
    arm = 3 * POINTS_PER_MM
    level = [
        (a, b) for _, a, b in lines if abs(a.y - b.y) < 1e-3 and abs(abs(b.x - a.x) - arm) < 1e-2
    ]
    return sorted({((a.x + b.x) / 2 / POINTS_PER_MM, a.y / POINTS_PER_MM) for a, b in level})


@pytest.mark.parametrize("paper", ["A4", "A3", "A1"])
def test_a_grid_step_of_100_m_measures_50_mm_on_the_printed_page_at_1_to_2000(paper, reservation):
    pdf = opened_once(reservation, paper, 2_000)
    columns = sorted({round(x, 2) for x, _ in grid_crosses(pdf[0])})
    steps = [round(b - a, 2) for a, b in pairwise(columns)]
    assert len(steps) >= 2
    assert steps == pytest.approx([50.0] * len(steps), abs=0.02)


@pytest.mark.parametrize(
    ("paper", "size", "tables"),
    [
        ("A4", (297, 210), (297, 210)),
        ("A3", (420, 297), (420, 297)),
        ("A0", (1189, 841), (420, 297)),
    ],
)
def test_pages_have_the_size_of_their_paper_and_tables_fit_an_office_printer(
    paper, size, tables, reservation
):
    pdf = opened_once(reservation, paper)
    sizes = [
        (round(p.rect.width / POINTS_PER_MM), round(p.rect.height / POINTS_PER_MM)) for p in pdf
    ]
    assert sizes[0] == size
    assert set(sizes[1:]) == {tables}


def test_the_map_is_drawn_as_paths_and_holds_no_picture(reservation):
    pdf = opened_once(reservation)
    assert not any(page.get_images() for page in pdf)
    assert len(pdf[0].get_drawings()) > 20


def test_only_the_bundled_fonts_are_used_and_all_are_embedded(reservation):
    pdf = opened_once(reservation)
    fonts = {entry[0]: entry[3] for page in pdf for entry in page.get_fonts()}
    assert {name.split("+")[1].removesuffix("-Bold") for name in fonts.values()} == {
        "Sheet-Khmer", "Sheet-Latin"
    }  # fmt: skip
    assert all(len(pdf.extract_font(number)[3]) > 1_000 for number in fonts)


def khmer_runs(pdf):
    return [
        [(char[0], char[1]) for char in run["chars"]]
        for page in pdf
        for run in page.get_texttrace()
        if run["font"].startswith("Sheet-Khmer")
    ]


def test_khmer_subscripts_are_shaped_not_strung_together(reservation):
    """In ស្រុក coeng and ro become one sign before the sa: 5 code points, 4 glyphs."""
    runs = khmer_runs(opened_once(reservation))
    coengs = [run for run in runs if any(code == 0x17D2 for code, _ in run)]
    assert len(coengs) > 5
    for run in coengs:
        assert sum(glyph >= 0 for _, glyph in run) < len(run)


def test_no_khmer_sign_stands_on_a_dotted_circle(reservation):
    pdf = opened_once(reservation)
    known = glyph_ids(("Sheet Khmer", 400))
    bold = glyph_ids(("Sheet Khmer", 700))
    used = {pair for run in khmer_runs(pdf) for pair in run}
    assert (ord("ក"), known[ord("ក")]) in used  # glyph numbers are those of the bundled font
    assert known[DOTTED_CIRCLE] == bold[DOTTED_CIRCLE]
    assert known[DOTTED_CIRCLE] not in {glyph for _, glyph in used}
    assert "\u25cc" not in text_of(pdf)


def test_the_exact_khmer_is_in_the_title_for_search(reservation):
    assert "សាលាបឋមសិក្សា ស្រុក" in opened_once(reservation).metadata["title"]


def test_the_sheet_states_scale_system_corners_and_convergence(reservation):
    text = text_of(opened_once(reservation, "A3", 2_000))
    assert "1:2 000" in text
    assert "WGS 84 / UTM zone 48N, EPSG:32648" in text
    assert "west of true north" in text
    sheet = print_sheet(reservation, paper="A3", scale=2_000)
    west, south, east, north = sheet.frame.ground
    for corner in (
        f"E {khmer(west)}",
        f"E {khmer(east)}",
        f"N {khmer(south)}",
        f"N {khmer(north)}",
    ):
        assert corner in text


def test_points_are_numbered_on_the_map_and_listed_with_side_and_bearing(reservation):
    pdf = opened_once(reservation)
    on_map, tables = " ".join(pdf[0].get_text().split()), " ".join(pdf[1].get_text().split())
    for number in range(1, 5):
        assert f"P{number}" in on_map
    assert "P1 330 050,000 1 170 100,000 P1-P2 100,000 090°00'00\"" in tables
    assert "P4 330 050,000 1 170 000,000 P4-P1 100,000 000°00'00\"" in tables


def test_parcels_are_listed_with_areas_and_the_balance_closes_on_paper(reservation):
    text = text_of(opened_once(reservation))
    assert re.search(
        r"No A \(A\) .*state public land .*hard title 4 990,00 5 000,00 2 500,00 50,00 %", text
    )
    assert "10 000,00 − 0,00 + 0,00 = 10 000,00 m²" in text


def test_a_legal_area_nobody_stated_is_a_dash_not_a_zero(reservation):
    text = text_of(opened_once(reservation))
    assert re.search(r"No B \(B\) .*?not stated – 5 000,00 2 500,00", text)


def test_the_legend_lists_what_is_on_the_sheet_and_nothing_else(reservation):
    text = text_of(opened(reservation))
    for shown in ("Buildings", "Roads", "Parcels", "Zones"):
        assert shown in text
    for absent in ("Facilities", "Coastline", "Other reservation"):
        assert absent not in text
    assert (
        "Not published, therefore not on this sheet: sea, facilities, waterways, coastline" in text
    )


def test_a_neighbouring_reservation_is_drawn_and_named(reservation):
    reserve(rectangle(0, 0, 50, 100), reference="RES-2")
    text = text_of(opened(reservation))
    assert "Other reservation" in text
    assert "RES-2" in text


def test_plots_are_left_out_where_they_would_be_specks_and_the_sheet_says_so(reservation):
    text = text_of(opened_once(reservation, "A3", 10_000))
    assert "Too small to draw at this scale: parcels, buildings" in text


def test_a_layer_for_staff_is_not_printed(reservation):
    Layer.objects.filter(slug="buildings").update(visibility="internal")
    text = text_of(opened(reservation))
    assert "Buildings" not in text
    assert "not on this sheet: sea, buildings" in text


def test_nothing_personal_is_printed():
    block(owner_name="Sok Dara", phone="012 345 678", occupant="Chan Thy")
    text = text_of(opened(reserve()))
    for personal in ("Sok", "Dara", "012 345 678", "Chan"):
        assert personal not in text
    assert "Names of owners and occupants are left out." in text


def test_a_proposal_is_marked_in_both_languages_on_every_page(reservation):
    pdf = opened_once(reservation)
    assert len(pdf) >= 2
    for page in pdf:
        assert "PROPOSED - NOT ADOPTED" in " ".join(page.get_text().split())
    with translation.override("km"):
        assert document.watermark("proposed")["km"] == "សំណើ - មិនទាន់អនុម័ត"


def test_an_adopted_reservation_bears_no_mark_and_names_its_decision():
    block()
    text = text_of(opened(reserve(status="adopted", instrument="Decision 12 of 3 May 2026")))
    assert "NOT ADOPTED" not in text
    assert "Decision 12 of 3 May 2026" in text


def test_a_released_reservation_says_that_it_is_not_in_force():
    block()
    assert "RELEASED - NOT IN FORCE" in text_of(opened(reserve(status="released")))


def test_without_a_decision_the_legal_basis_is_none_stated(reservation):
    assert "none stated" in text_of(opened_once(reservation))


@pytest.mark.parametrize("marked", ["block", "zones"])
def test_made_up_data_are_marked_as_made_up_on_every_page_whichever_layer_they_are_in(marked):
    block(**({"synthetic": 1} if marked == "block" else {}))
    surroundings(**({"synthetic": 1} if marked == "zones" else {}))
    for page in opened(reserve()):
        assert "SYNTHETIC DATA" in page.get_text()


def test_surveyed_data_are_not_called_made_up(reservation):
    assert "SYNTHETIC" not in text_of(opened_once(reservation))


def test_every_page_bears_the_digest_and_its_number(reservation):
    digest = facts_of(reservation).short_digest
    pdf = opened_once(reservation)
    for number, page in enumerate(pdf, start=1):
        text = " ".join(page.get_text().split())
        assert digest in text
        assert f"{number} / {len(pdf)}" in text


def test_the_digest_is_that_of_the_content_not_of_paper_language_or_day(reservation):
    with translation.override("en"):
        english = print_sheet(reservation, paper="A4").facts.digest
    with translation.override("km"):
        assert print_sheet(reservation, paper="A3").facts.digest == english


@pytest.mark.parametrize(
    "changed",
    [{"purpose_en": "Barracks"}, {"beneficiary": "Somebody"}, {"horizon_year": 2050},
     {"status": "lapsed"}, {"instrument_text": "Decision 7"}],
)  # fmt: skip
def test_the_digest_differs_when_a_statement_differs(changed, reservation):
    before = facts_of(reservation).digest
    LandReservation.objects.update(**changed)
    assert facts_of(LandReservation.objects.get()).digest != before


def test_the_digest_differs_when_the_outline_differs(reservation):
    before = facts_of(reservation).digest
    moved = feature("RES-1", square(50, 0, 100.001), "school", "proposed")
    publish_features(layer=Layer.objects.get(slug="reservations"), features=[moved])
    assert facts_of(reservation).digest != before


def test_a_claimed_area_is_printed_with_its_difference_to_the_measured_one():
    block()
    text = text_of(opened(reserve(claimed_area_m2=9_990)))
    assert "9 990,00 m²" in text
    assert "10,00 m²" in text


def test_land_off_the_cadastre_is_printed_without_a_parcel_table():
    block()
    text = text_of(opened(reserve(rectangle(500, 500, 40, 40))))
    assert "The land lies on no parcel of the cadastre." in text
    assert "0,00 − 0,00 + 1 600,00 = 1 600,00 m²" in text


def boxes_with(page, word):
    return [pymupdf.Rect(w[:4]) for w in page.get_text("words") if word in w[4]]


@pytest.mark.parametrize("paper", ["A4", "A3", "A1"])
def test_long_texts_and_many_zones_push_the_legend_on_never_into_the_signatures(paper):
    block()
    zones = [feature(f"Z-{n}", rectangle(-200 + 20 * n, -200, 20, 500), f"X{n}") for n in range(20)]
    filled_layer("zones", *zones, title_km="តំបន់", title_en="Zones")
    long = "a primary school with a library and a playground for the children of the sangkat "
    reservation = reserve(
        purpose={"km": "សាលាបឋមសិក្សា " * 20, "en": (long * 4)[:300]},
        beneficiary=(long * 3)[:200], instrument=(long * 4)[:300], status="adopted",
    )  # fmt: skip
    pdf = opened(reservation, paper)
    front = pdf[0]
    [signatures] = boxes_with(front, "Authority")
    lowest = max(box.y1 for box in boxes_with(front, "ground"))
    assert lowest < signatures.y0
    text = text_of(pdf)
    assert "The legend continues on the next page." in text
    on_map = {w[4] for w in front.get_text("words") if re.fullmatch(r"X\d+", w[4])}
    assert len(on_map) >= 8
    for code in on_map:
        assert f"{code} {code}" in text


def test_a_boundary_of_many_points_lists_them_all_and_says_which_found_no_room():
    import shapely

    block()
    circle = shapely.Point(330_100, 1_170_050).buffer(20, quad_segs=16)
    pdf = opened(reserve(circle), "A4", 5_000)
    text = text_of(pdf)
    assert "P64 " in text
    assert re.search(r"\d+ boundary points lie too close to be numbered; see table", text)
    assert len(pdf) >= 3


def test_markup_in_a_text_is_printed_as_it_is_and_opens_no_file(reservation):
    LandReservation.objects.update(
        purpose_en='<img src="file:///etc/hostname"><b>School', beneficiary="a & b </style>"
    )
    text = text_of(opened(LandReservation.objects.get()))
    unbroken = text.replace(" ", "")
    assert '<imgsrc="file:///etc/hostname"><b>School' in unbroken
    assert "a&b</style>" in unbroken


def test_only_the_fonts_may_be_opened_while_printing():
    from weasyprint.urls import FatalURLFetchingError

    for address in ("file:///etc/hostname", "http://127.0.0.1:8000/", "data:text/plain,x"):
        with pytest.raises(FatalURLFetchingError):
            fonts.SheetFonts().fetch(address)


def test_missing_fonts_stop_the_printing_with_what_to_do(reservation, settings, tmp_path):
    fonts.fonts.cache_clear()
    settings.VENDOR_DIR = tmp_path
    try:
        with pytest.raises(UserFacingError, match="make setup"):
            print_sheet(reservation, paper="A3")
    finally:
        fonts.fonts.cache_clear()
