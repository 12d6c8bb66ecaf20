"""One layer with Khmer attributes that every client of the standards reads, and how to ask."""

import json

from django.test import Client
from django.utils.http import urlencode

from tests.factories import at, feature, filled_layer, land_use, square

KHMER = "សាលាបឋមសិក្សា ក្រុងព្រះសីហនុ"
PARCELS = "parcels"
COUNT = 5
HYPHENED = {"bbox_crs": "bbox-crs", "filter_crs": "filter-crs", "filter_lang": "filter-lang"}


def parcels(count=COUNT, **described):
    """Squares of 10 m, 20 m apart along the easting: P-00 has height 0, P-01 height 1 …"""
    land_use("R1", name_en="low density")
    land_use("COM", name_en="commerce")
    return filled_layer(
        PARCELS,
        *(
            feature(
                f"P-{number:02}",
                square(number * 20, 0, 10),
                "R1" if number % 2 == 0 else "COM",
                height_m=number,
                label=f"{KHMER} {number}",
                is_public=number % 2 == 0,
                opened=f"20{number % 90 + 10}-05-31",
            )
            for number in range(count)
        ),
        geometry_kind="polygon",
        title_km="ក្បាលដី",
        title_en="Parcels",
        theme="cadastre",
        **described,
    )


def wells():
    return filled_layer("wells", feature("W-1", at(5, 5), depth_m=12.5), geometry_kind="point")


class Reader:
    """A program that reads; errors must be problem documents."""

    def __init__(self, user=None, **options):
        self.client = Client(**options)
        if user is not None:
            self.client.force_login(user)

    def ask(self, path, status=200, headers=None, **query):
        names = {HYPHENED.get(name, name): value for name, value in query.items()}
        address = f"/ogc/{path}?{urlencode({'lang': 'en', **names})}"
        answer = self.client.get(address, headers=headers or {"Accept": "*/*"})
        assert answer.status_code == status, text_of(answer)[:800]
        if status >= 400 and not path.startswith("wmts"):
            assert answer["Content-Type"] == "application/problem+json"
        return answer

    def told(self, path, **query):
        return json.loads(text_of(self.ask(path, **query)))

    def ids(self, slug=PARCELS, **query):
        return [
            found["id"] for found in self.told(f"collections/{slug}/items", **query)["features"]
        ]

    def refused(self, path, status=400, **query):
        problem = json.loads(text_of(self.ask(path, status=status, **query)))
        assert problem["status"] == status
        assert problem["what"]
        assert problem["remedy"]
        return problem

    def follow(self, address):
        """Return the document behind a link, which names this very server."""
        answer = self.client.get(address)
        assert answer.status_code == 200, text_of(answer)[:800]
        return json.loads(text_of(answer))


def text_of(answer):
    return answer.getvalue().decode("utf-8")


def link(document, rel):
    return next((found["href"] for found in document["links"] if found["rel"] == rel), None)
