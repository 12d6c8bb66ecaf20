"""``./krong layers``: the catalogue."""

from typing import Any

from layers.commands import KrongCommand
from layers.models import Layer


class Command(KrongCommand):
    help = "List the layers: name, shape, version, features, source."

    def run(self, **_options: Any) -> dict[str, Any]:
        rows = [self._row(layer) for layer in Layer.objects.prefetch_related("versions")]
        for row in rows:
            self.say(
                f"{row['slug']:<28} {row['geometry_kind']:<8} v{row['version'] or '-':<4} "
                f"{row['features']:>8}  {row['title_en']}"
            )
        if not rows:
            self.say("No layers yet. Try: ./krong import FILE --layer NAME")
        return {"layers": rows}

    def _row(self, layer: Layer) -> dict[str, Any]:
        published = {v.number: v for v in layer.versions.all()}.get(layer.published_number or 0)
        return {
            "slug": layer.slug,
            "title_en": layer.title_en,
            "title_km": layer.title_km,
            "geometry_kind": layer.geometry_kind,
            "version": layer.published_number,
            "features": published.feature_count if published else 0,
            "source": layer.source,
        }
