"""``./krong classes``: the land-use classes in use."""

from typing import Any

from layers.commands import KrongCommand
from layers.models import LandUseClass


class Command(KrongCommand):
    help = "List the land-use classes (code, names, HILUCS, OpenStreetMap tags)."

    def run(self, **_options: Any) -> dict[str, Any]:
        rows = list(
            LandUseClass.objects.values(
                "code", "parent__code", "scheme", "name_km", "name_en", "hilucs_code", "osm_filter"
            )
        )
        for row in rows:
            self.say(f"{row['code']:<24} {row['name_en']} — {row['name_km']}")
        return {"classes": rows}
