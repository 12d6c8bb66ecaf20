"""The report of a published version is made once and kept, with the places it points to."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0015_a_city_chooses_layers_and_classes"),
    ]

    operations = [
        migrations.CreateModel(
            name="QualityReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="made at")),
                ("counts", models.JSONField(default=dict, verbose_name="what was counted")),
                ("must_not_overlap", models.BooleanField(verbose_name="areas must not overlap")),
                ("must_cover", models.BooleanField(verbose_name="an extent must be covered")),
                ("tolerance_m", models.FloatField(verbose_name="tolerance [m]")),
                (
                    "tolerance_source",
                    models.CharField(max_length=200, verbose_name="where the tolerance comes from"),
                ),
                ("reach_m", models.FloatField(verbose_name="widest strip taken for a gap [m]")),
                (
                    "rule_digest",
                    models.CharField(
                        max_length=64, verbose_name="SHA-256 of the layer's rule for areas"
                    ),
                ),
                ("compares_areas", models.BooleanField(verbose_name="areas were compared")),
                ("is_cut", models.BooleanField(verbose_name="there is more than is listed")),
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality",
                        to="layers.layerversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="QualityIssue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("overlap", "areas lie over each other"),
                            ("gap", "ground is left bare"),
                            ("identical", "a feature lies exactly on another"),
                        ],
                        max_length=10,
                        verbose_name="what is wrong",
                    ),
                ),
                ("is_forbidden", models.BooleanField(verbose_name="the layer's rule forbids it")),
                (
                    "stable_id",
                    models.CharField(blank=True, max_length=80, verbose_name="identifier"),
                ),
                (
                    "other",
                    models.CharField(blank=True, max_length=80, verbose_name="other identifier"),
                ),
                ("area_m2", models.FloatField(blank=True, null=True, verbose_name="ground [m2]")),
                (
                    "place",
                    django.contrib.gis.db.models.fields.PointField(
                        spatial_index=False, srid=32648, verbose_name="place"
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="issues",
                        to="layers.qualityreport",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="qualityreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("tolerance_m__gt", 0)), name="quality_tolerance_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="qualityissue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "gap"), models.Q(("stable_id", ""), _negated=True), _connector="OR"
                ),
                name="quality_issue_names_its_feature",
            ),
        ),
    ]
