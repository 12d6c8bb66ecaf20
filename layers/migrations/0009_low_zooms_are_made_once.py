"""What large layers show from afar is made once for each version and kept in step."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0008_layers_are_described"),
    ]

    operations = [
        migrations.CreateModel(
            name="GeneralisedCell",
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
                ("land_use_row", models.BigIntegerField(verbose_name="class, 0 for none")),
                (
                    "colour_value",
                    models.CharField(max_length=200, verbose_name="value that colours"),
                ),
                ("part_count", models.IntegerField(verbose_name="parts")),
                ("area_dm2", models.BigIntegerField(verbose_name="area [dm2]")),
                ("introduced_in", models.PositiveIntegerField(verbose_name="since version")),
                (
                    "retired_in",
                    models.PositiveIntegerField(null=True, verbose_name="until version"),
                ),
                (
                    "layer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="layers.layer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("part_count__gt", 0)), name="generalised_cell_holds"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GeneralisedLayer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recipe", models.CharField(max_length=80, verbose_name="how they were made")),
                ("first_number", models.PositiveIntegerField(verbose_name="first version")),
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
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_number__gte", models.F("first_number"))),
                        name="generalised_versions_in_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GeneralisedPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("zoom", models.PositiveSmallIntegerField(verbose_name="zoom")),
                ("feature_row", models.PositiveBigIntegerField(verbose_name="feature")),
                (
                    "geometry",
                    django.contrib.gis.db.models.fields.GeometryField(
                        spatial_index=False, srid=3857, verbose_name="shape"
                    ),
                ),
                ("introduced_in", models.PositiveIntegerField(verbose_name="since version")),
                (
                    "retired_in",
                    models.PositiveIntegerField(null=True, verbose_name="until version"),
                ),
                (
                    "layer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="layers.layer",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("retired_in", None)),
                        fields=["layer", "feature_row"],
                        name="generalised_part_current",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            sql=[
                "CREATE INDEX generalised_part_place ON layers_generalisedpart"
                " USING gist (layer_id, zoom, geometry)",
                # the squares of 128 cells are the tiles: a tile reads its own cells and no other
                "CREATE INDEX generalised_cell_tile ON layers_generalisedcell"
                ' (layer_id, zoom, ("column" >> 7), ("row" >> 7))',
                "CREATE UNIQUE INDEX generalised_cell_current ON layers_generalisedcell"
                ' (layer_id, zoom, "column", "row", land_use_row, colour_value)'
                " WHERE retired_in IS NULL",
            ],
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
