"""A city of a few plots for planning tests: zones side by side, everything measured in the head."""

from datetime import date

from layers.models import LandUseClass, Layer
from layers.services import set_surveyed_area
from planning.models import RegulationGroup
from planning.plans import Adoption, adopt_plan
from tests.factories import feature, filled_layer, rectangle, square

DAY = date(2026, 11, 1)
IN_FORCE = date(2026, 1, 1)


def parcel(stable_id, geometry, legal_area_m2=None, tenure="private", **properties):
    return feature(stable_id, geometry, tenure=tenure, legal_area_m2=legal_area_m2, **properties)


def zoned(*zones, parcels=(), adopt=True):
    """A plan in force over zones given as (stable id, class, shape), and the parcels."""
    from layers.classes import load_classes

    load_classes()
    filled_layer("zones", *(feature(name, shape, code) for name, code, shape in zones))
    filled_layer("parcels", *parcels)
    if adopt:
        adopt_plan(Adoption(code="demo-lup", in_force_from=IN_FORCE))


def r1_plot(legal_area_m2=300.0, tenure="private"):
    """One R1 zone of 100 m x 100 m and in it plot P-1, 20 m x 15 m = 300 m2."""
    plot = parcel("P-1", rectangle(40, 40, 20, 15), legal_area_m2, tenure)
    zoned(("Z-1", "R1", square(0, 0, 100)), parcels=[plot])


def surveyed(slug, geometry):
    set_surveyed_area(layer=Layer.objects.get(slug=slug), geometry=geometry, source="test")


def nothing_reserved(area):
    filled_layer("reservations", feature("far-away", square(5000, 5000, 10)))
    surveyed("reservations", area)


def flooded(area, hazard_class, shape, depth_max_m, code="q100", years=100):
    """A flood layer surveyed over an area, with one class on a shape."""
    properties = {
        "hazard_class": hazard_class,
        "depth_min_m": 0.0,
        "depth_max_m": depth_max_m,
        "return_period_years": years,
        "duration_h": 6,
        "basis": "demo_value",
    }
    slug = f"flood-{code}"
    filled_layer(slug, feature("F-1", shape, **properties), theme="hazard-flood")
    surveyed(slug, area)


def building(stable_id, shape, storeys=None, lifecycle="existing"):
    stated = {} if storeys is None else {"storeys": storeys}
    return feature(stable_id, shape, "building", lifecycle=lifecycle, **stated)


def buildings_on(area, *standing):
    """A layer of buildings, surveyed over an area; without any given, one far away."""
    filled_layer("buildings", *(standing or [building("B-FAR", square(9000, 9000, 10))]))
    surveyed("buildings", area)


def distances_in_force(*rules):
    """A ratified rule book; without rules given, one that keeps schools from landfills."""
    from conflicts.rulebooks.versions import ratify_rulebook
    from tests.conflicts.ground import rule_data, rulebook

    return ratify_rulebook(rulebook(*(rules or (rule_data(),)), code="city-rules"))


def limits_of(zone_class):
    """The limits of a zone class; found by their group, as many classes state them."""
    return RegulationGroup.objects.get(zone_class__code=zone_class).regulations.all()


def use_rules_of(zone_class, *uses):
    """The use rules of a zone class, of all uses or of those named."""
    rules = RegulationGroup.objects.get(zone_class__code=zone_class).use_rules.all()
    known = list(LandUseClass.objects.filter(code__in=uses).values_list("pk", flat=True))
    return rules.filter(use_class_id__in=known) if uses else rules


def application(**changed):
    """An application for plot P-1: 160 m2 of house on it unless changed."""
    proposal = {
        "uses": [{"class": "dwelling_single", "floor_area_m2": 300, "dwellings": 1}],
        "floors": 2,
        "basement_depth_m": 0,
        "height_m": 8.5,
        "footprint_area_m2": 160,
        "green_area_m2": 95,
        "parking_cars": 1,
        "parking_motorbikes": 1,
        "demolished": "all",  # nothing else stands on the plot
        **changed.pop("proposal", {}),
    }
    return {
        "reference": "CP-1",
        "permit_type": "CP",
        "parcels": ["P-1"],
        "srid": 32648,
        "submitted_on": DAY.isoformat(),
        "proposal": proposal,
        **changed,
    }


def drawn(x, y, width, height):
    """A footprint as GeoJSON."""
    from shapely.geometry import mapping

    return mapping(rectangle(x, y, width, height))


def check_of(results, code):
    """The one check with that code."""
    [found] = [check for check in results["checks"] if check["code"] == code]
    return found
