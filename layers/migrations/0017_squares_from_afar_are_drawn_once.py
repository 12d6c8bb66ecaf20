"""Squares of many features are kept as they are sent, as long as no version changes them."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models

from layers.crs import PROJECT_SRID


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0016_a_quality_report_is_kept"),
    ]

    operations = [
        migrations.CreateModel(
            name="DrawnTile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recipe", models.CharField(max_length=32, verbose_name="how they were made")),
                ("zoom", models.PositiveSmallIntegerField(verbose_name="zoom")),
                ("column", models.IntegerField(verbose_name="column from the west")),
                ("row", models.IntegerField(verbose_name="row from the north")),
                (
                    "square",
                    django.contrib.gis.db.models.fields.PolygonField(
                        srid=PROJECT_SRID, verbose_name="extent"
                    ),
                ),
                ("content", models.BinaryField(verbose_name="tile, packed")),
                ("introduced_in", models.PositiveIntegerField(verbose_name="since version")),
                (
                    "retired_in",
                    models.PositiveIntegerField(null=True, verbose_name="until version"),
                ),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drawings",
                        to="layers.denselayer",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="drawntile",
            constraint=models.UniqueConstraint(
                fields=("kept", "zoom", "column", "row", "introduced_in"),
                name="drawn_tile_of_version",
            ),
        ),
    ]
