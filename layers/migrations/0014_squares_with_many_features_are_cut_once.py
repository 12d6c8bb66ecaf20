"""Squares with so many features that their shapes are cut once, when they are first looked at."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models

from layers.crs import PROJECT_SRID


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0013_issues_are_told_in_the_readers_language"),
    ]

    operations = [
        migrations.CreateModel(
            name="DenseLayer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recipe", models.CharField(max_length=32, verbose_name="how they were made")),
                ("last_number", models.PositiveIntegerField(verbose_name="last version")),
                (
                    "layer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="layers.layer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DenseTile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("zoom", models.PositiveSmallIntegerField(verbose_name="zoom")),
                ("column", models.IntegerField(verbose_name="column from the west")),
                ("row", models.IntegerField(verbose_name="row from the north")),
                (
                    "square",
                    django.contrib.gis.db.models.fields.PolygonField(
                        srid=PROJECT_SRID, verbose_name="extent"
                    ),
                ),
                ("first_number", models.PositiveIntegerField(verbose_name="first version")),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tiles",
                        to="layers.denselayer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DenseShape",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("feature_row", models.PositiveBigIntegerField(verbose_name="feature")),
                (
                    "shape",
                    django.contrib.gis.db.models.fields.GeometryField(
                        spatial_index=False, srid=0, verbose_name="shape"
                    ),
                ),
                ("stable_id", models.CharField(max_length=80, verbose_name="identifier")),
                ("land_use_row", models.BigIntegerField(null=True)),
                ("name_km", models.TextField(null=True, verbose_name="name in Khmer")),
                ("name_en", models.TextField(null=True, verbose_name="name in English")),
                ("name", models.TextField(null=True, verbose_name="name")),
                ("colours", models.JSONField(null=True, verbose_name="value that colours")),
                ("introduced_in", models.PositiveIntegerField(verbose_name="since version")),
                (
                    "retired_in",
                    models.PositiveIntegerField(null=True, verbose_name="until version"),
                ),
                (
                    "tile",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shapes",
                        to="layers.densetile",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="densetile",
            constraint=models.UniqueConstraint(
                fields=("kept", "zoom", "column", "row"), name="dense_tile_place"
            ),
        ),
        migrations.AddIndex(
            model_name="denseshape",
            index=models.Index(
                condition=models.Q(("retired_in", None)),
                fields=["feature_row"],
                name="dense_shape_current",
            ),
        ),
    ]
