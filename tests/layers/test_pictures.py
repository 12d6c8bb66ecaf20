"""Colours of grids and drawings, pixel by pixel and sign by sign against plain arithmetic."""

import math
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import Transformer

from layers.exports.dxf import _ascii, layer_names, nearest_colour
from layers.exports.kml import _colour, _text
from layers.exports.looks import Shade, Shades
from layers.exports.provenance import as_lines, as_text
from layers.exports.styles import qml
from layers.legend import Step, depth_steps
from layers.names import NameProperties, recognised
from layers.raster_tiles import RELIEF_EXAGGERATION, _lit, _pixel_middles, in_steps, shaded_relief
from layers.tiles import WEB_EQUATOR_M, Tile

few = settings(max_examples=30, deadline=None, derandomize=True)
STEPS = (Step(0.5, 1.0, "#102030", "", 0.5), Step(1.0, math.inf, "#FFFFFF", "", 1.0))
CELLS = arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    elements=st.sampled_from([0.0, 0.4999, 0.5, 0.75, 1.0, 50.0, -1.0, math.nan, math.inf]),
)
MARKET = "ផ្សារលើ"


def shades(*values):
    entries = tuple(Shade(value, f"label {value}", "#FF0000") for value in values)
    return Shades("class", entries, Shade("", MARKET, "#808080"), "#000000", 1.2, 0.5)


class TestGrids:
    @few
    @given(CELLS)
    def test_each_cell_has_the_colour_of_its_step_and_others_none(self, values):
        picture = in_steps(values, STEPS)

        for place, value in np.ndenumerate(values):
            if 0.5 <= value < 1.0:
                expected = [16, 32, 48, 128]
            elif 1.0 <= value < math.inf:
                expected = [255, 255, 255, 255]
            else:
                expected = [0, 0, 0, 0]
            assert picture[place].tolist() == expected, value

    def test_a_depth_below_the_first_class_is_not_drawn_and_no_depth_is_drawn_twice(self):
        lowest = depth_steps()[0].lower

        assert in_steps(np.array([[lowest - 1e-6]]), depth_steps())[0, 0, 3] == 0
        assert in_steps(np.array([[lowest]]), depth_steps())[0, 0, 3] > 0
        for below, above in zip(depth_steps(), depth_steps()[1:], strict=False):
            assert below.upper == above.lower

    @few
    @given(arrays(np.float64, (3, 3), elements=st.floats(-50, 50)), st.floats(1, 100))
    def test_light_falls_as_on_a_plane_through_the_four_neighbours(self, values, pixel_m):
        eastward = (values[1, 2] - values[1, 0]) * RELIEF_EXAGGERATION / (2 * pixel_m)
        northward = (values[0, 1] - values[2, 1]) * RELIEF_EXAGGERATION / (2 * pixel_m)
        normal = np.array([-eastward, -northward, 1.0])
        light = np.array([-0.5, 0.5, math.sqrt(0.5)])  # from the north-west, 45 degrees high
        cosine = normal @ light / np.linalg.norm(normal)

        [[lit]] = _lit(values, pixel_m)

        assert lit == pytest.approx(min(max(cosine / math.sqrt(0.5), 0.0), 1.25), abs=1e-9)

    def test_the_lowest_ground_is_green_the_highest_pale_and_the_unknown_unseen(self):
        # one row of flat ground: 0 m, 100 m, and a cell that nobody knows
        flat = np.repeat([[0.0]], 5, axis=1) + np.zeros((3, 5))
        low, high = (shaded_relief(flat + h, 0.0, 100.0, 10.0)[0, 0] for h in (0.0, 100.0))
        flat[1, 2] = np.nan

        assert low.tolist() == [0x8F, 0xB8, 0x8F, 204]
        assert high.tolist() == [0xF2, 0xEE, 0xE8, 204]
        assert shaded_relief(flat, 0.0, 100.0, 10.0)[0, 1, 3] == 0

    @pytest.mark.parametrize("z", [10, 15, 18])
    def test_the_middle_of_each_pixel_lies_in_the_tile_and_where_proj_puts_it(self, z):
        tile = Tile.holding(z, 103.523, 10.627)
        easting, northing = _pixel_middles(tile)
        degrees = Transformer.from_crs(32648, 4326, always_xy=True)

        longitude, latitude = degrees.transform(easting[1:-1, 1:-1], northing[1:-1, 1:-1])

        west, south, east, north = tile.wgs84_extent
        assert ((west < longitude) & (longitude < east)).all()
        assert ((south < latitude) & (latitude < north)).all()
        side = 360 / 2**z / 256
        assert longitude[0, 0] == pytest.approx(west + side / 2, abs=side / 1000)
        assert math.isclose(WEB_EQUATOR_M, 2 * math.pi * 6_378_137, rel_tol=1e-12)


class TestDrawings:
    @few
    @given(st.text(max_size=20))
    def test_a_drawing_is_ascii_and_every_sign_can_be_read_back(self, text):
        flat = " ".join(text.split())

        told = _ascii(text)

        assert told.isascii()
        assert "\n" not in told
        if "\\U+" not in flat:
            units = told.encode("utf-16-be")
            back, place = b"", 0
            while place < len(units):
                if units[place : place + 6] == "\\U+".encode("utf-16-be"):
                    back += bytes.fromhex(units[place + 6 : place + 14].decode("utf-16-be"))
                    place += 14
                else:
                    back += units[place : place + 2]
                    place += 2
            assert back.decode("utf-16-be", "surrogatepass") == flat

    @few
    @given(st.lists(st.text(min_size=1, max_size=40), max_size=6, unique=True))
    def test_layers_have_short_plain_names_no_two_alike(self, values):
        names = layer_names(shades(*values))

        assert set(names) == {*values, ""}
        assert len({name.lower() for name in names.values()}) == len(names)
        for name in names.values():
            assert 1 <= len(name) <= 31
            assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$_-")
            assert name != "0"

    @pytest.mark.parametrize(
        ("rgb", "number"), [("#FF0000", 1), ("#FFFF00", 2), ("#00FF00", 3), ("#0000FF", 5)]
    )
    def test_pure_colours_have_their_autocad_number(self, rgb, number):
        assert nearest_colour(rgb) == number

    def test_kml_writes_opacity_first_and_red_last(self):
        assert _colour("#112233", 1.0) == "ff332211"
        assert _colour("#112233", 0.5) == "80332211"

    def test_kml_holds_no_sign_that_xml_forbids(self):
        assert _text(f"{MARKET}\x00\x0b <b>&") == f"{MARKET} &lt;b&gt;&amp;"

    @pytest.mark.parametrize(
        ("kind", "symbol"), [("point", "marker"), ("line", "line"), ("polygon", "fill")]
    )
    def test_qgis_gets_a_symbol_for_each_value_and_one_for_all_others(self, kind, symbol):
        root = ET.fromstring(qml(shades("R1", "ដី<2>"), kind).split("\n", 1)[1])

        categories = root.findall(".//category")
        symbols = {found.get("name"): found for found in root.findall(".//symbol")}
        assert [found.get("value") for found in categories] == ["R1", "ដី<2>", ""]
        assert categories[-1].get("label") == MARKET
        assert {found.get("type") for found in symbols.values()} == {symbol}
        assert [found.get("symbol") for found in categories] == sorted(symbols)

    def test_where_a_file_comes_from_is_told_in_single_lines(self):
        told = {"title_km": "ផ្សារ\nលើ", "licence": "CC  BY"}

        assert as_lines(told) == ["title_km: ផ្សារ លើ", "licence: CC BY"]
        assert as_text(told, "end").decode("utf-8-sig").split("\r\n")[-2:] == ["end", ""]


class TestNames:
    @pytest.mark.parametrize(
        ("columns", "km", "en", "other"),
        [
            (["name_km", "name_en", "name"], "name_km", "name_en", "name"),
            (["NAME_KH", "Name:EN"], "NAME_KH", "Name:EN", "name"),
            (["commune_kh", "commune_en", "commune_name"], "commune_kh", "commune_en",
             "commune_name"),
            (["village_khmer", "village_english"], "village_khmer", "village_english", "name"),
            (["shapeName", "block"], "name_km", "name_en", "shapeName"),
            (["pop_en_2019", "label"], "name_km", "pop_en_2019", "label"),
            (["area_m2", "floors"], "name_km", "name_en", "name"),
            ([], "name_km", "name_en", "name"),
        ],
    )  # fmt: skip
    def test_columns_are_recognised_by_how_offices_call_them(self, columns, km, en, other):
        assert recognised(columns) == NameProperties(km, en, other)
        assert recognised(reversed(columns)) == NameProperties(km, en, other)
