"""A city chooses which layers and classes it uses; the record of it is only ever added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from layers.profiles.append_only import APPEND_ONLY, NOT_APPEND_ONLY


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0014_squares_with_many_features_are_cut_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CityProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                (
                    "name_km",
                    models.CharField(blank=True, max_length=120, verbose_name="name in Khmer"),
                ),
                (
                    "name_en",
                    models.CharField(blank=True, max_length=120, verbose_name="name in English"),
                ),
                ("is_active", models.BooleanField(default=False, verbose_name="in use")),
                ("revision", models.PositiveIntegerField(default=0, verbose_name="changes so far")),
            ],
            options={
                "ordering": ["code"],
                "permissions": [("change_profile", "Can change the city profile")],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("is_active",),
                        name="city_profile_one_in_use",
                        violation_error_message="Another profile is in use.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name_en", ""), ("name_km", ""), _negated=True),
                        name="city_profile_has_a_name",
                        violation_error_message="Give the profile a name.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "action",
                    models.CharField(
                        choices=[("create", "made"), ("change", "changed")],
                        max_length=10,
                        verbose_name="action",
                    ),
                ),
                ("before", models.JSONField(blank=True, default=dict, verbose_name="before")),
                ("after", models.JSONField(verbose_name="after")),
                ("reason", models.TextField(verbose_name="reason")),
                ("changed_at", models.DateTimeField(auto_now_add=True, verbose_name="changed at")),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="layers.cityprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("profile", "number"), name="profile_change_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["create", "change"])),
                        name="profile_change_action_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S")),
                        name="profile_change_has_reason",
                        violation_error_message="Say why.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileClass",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_chosen", models.BooleanField(default=True, verbose_name="used")),
                (
                    "name_km",
                    models.CharField(
                        blank=True, max_length=120, verbose_name="local name in Khmer"
                    ),
                ),
                (
                    "name_en",
                    models.CharField(
                        blank=True, max_length=120, verbose_name="local name in English"
                    ),
                ),
                (
                    "land_use",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="layers.landuseclass",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="classes",
                        to="layers.cityprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["profile", "land_use__code"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("profile", "land_use"), name="profile_class_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileLayer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveIntegerField(verbose_name="order")),
                ("is_chosen", models.BooleanField(default=True, verbose_name="used")),
                (
                    "is_on",
                    models.BooleanField(
                        blank=True, null=True, verbose_name="drawn when the map opens"
                    ),
                ),
                (
                    "group_km",
                    models.CharField(blank=True, max_length=120, verbose_name="heading in Khmer"),
                ),
                (
                    "group_en",
                    models.CharField(blank=True, max_length=120, verbose_name="heading in English"),
                ),
                (
                    "layer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="layers.layer",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="layers",
                        to="layers.cityprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["profile", "place"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("profile", "layer"), name="profile_layer_once"),
                    models.UniqueConstraint(
                        fields=("profile", "place"), name="profile_layer_place_once"
                    ),
                ],
            },
        ),
        migrations.RunSQL(sql=APPEND_ONLY, reverse_sql=NOT_APPEND_ONLY),
    ]
