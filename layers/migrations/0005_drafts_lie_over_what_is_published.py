"""Drafts over published layers, who published and why, and triggers that keep what was published."""

import importlib

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from layers.crs import PROJECT_SRID
from layers.editing.immutable import IMMUTABLE_FEATURES, IMMUTABLE_VERSIONS

bounds = importlib.import_module("layers.migrations.0002_shapes_are_bounded_and_found_fast")


def bound_edited_shapes(apps, schema_editor):
    """Hold an edit's shape to what the features' table will ask of it."""
    west, south, east, north = (repr(float(edge)) for edge in bounds.project_extent())
    schema_editor.execute(
        bounds.CHECKS.format(
            table="layers_draftedit", west=west, south=south, east=east, north=north,
            vertices=bounds.MAX_VERTICES,
        ),
        params=None,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('layers', '0004_spaces_of_every_kind_are_spaces'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='layer',
            options={'ordering': ['theme', 'slug'], 'permissions': [('edit_features', 'Can change features in a draft'), ('publish_version', 'Can publish a version or go back to one'), ('edit_survey', 'Can state where a layer was surveyed')]},
        ),
        migrations.AddField(
            model_name='layerversion',
            name='message',
            field=models.TextField(blank=True, verbose_name='why'),
        ),
        migrations.AddField(
            model_name='layerversion',
            name='published_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('state', models.CharField(choices=[('open', 'open'), ('published', 'published'), ('discarded', 'discarded')], default='open', max_length=10, verbose_name='state')),
                ('base_number', models.PositiveIntegerField(blank=True, null=True, verbose_name='opened on version')),
                ('revision', models.PositiveIntegerField(default=0, verbose_name='edits so far')),
                ('opened_at', models.DateTimeField(auto_now_add=True, verbose_name='opened at')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                ('message', models.TextField(blank=True, verbose_name='why')),
                ('published_number', models.PositiveIntegerField(blank=True, null=True, verbose_name='published as')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('layer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='layers.layer')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='DraftEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField(verbose_name='step')),
                ('stable_id', models.CharField(max_length=80, verbose_name='identifier')),
                ('action', models.CharField(choices=[('create', 'new'), ('replace', 'changed'), ('delete', 'deleted'), ('withdraw', 'withdrawn')], max_length=10, verbose_name='action')),
                ('is_latest', models.BooleanField(default=True, verbose_name='counts')),
                ('base_row', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='row it was made on')),
                ('geometry', django.contrib.gis.db.models.fields.GeometryField(blank=True, null=True, srid=PROJECT_SRID, verbose_name='shape')),
                ('lifecycle', models.CharField(choices=[('existing', 'existing'), ('under_construction', 'under construction'), ('permitted', 'permitted'), ('planned', 'planned'), ('reserved', 'reserved'), ('proposed', 'proposed'), ('closed', 'closed')], default='existing', max_length=20, verbose_name='lifecycle')),
                ('properties', models.JSONField(blank=True, default=dict, verbose_name='attributes')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('edited_at', models.DateTimeField(auto_now_add=True, verbose_name='edited at')),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='layers.draft')),
                ('edited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('land_use', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='layers.landuseclass')),
            ],
            options={
                'ordering': ['draft', 'revision'],
            },
        ),
        migrations.CreateModel(
            name='LayerTopology',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('must_not_overlap', models.BooleanField(default=True, verbose_name='areas must not overlap')),
                ('tolerance_m', models.FloatField(verbose_name='tolerance [m]')),
                ('tolerance_source', models.CharField(max_length=200, verbose_name='where the tolerance comes from')),
                ('must_cover', django.contrib.gis.db.models.fields.MultiPolygonField(blank=True, null=True, srid=PROJECT_SRID, verbose_name='extent that must be covered')),
                ('layer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='topology', to='layers.layer')),
            ],
        ),
        migrations.CreateModel(
            name='SurveyChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.PositiveBigIntegerField(db_index=True, verbose_name='statement')),
                ('action', models.CharField(choices=[('add', 'added'), ('replace', 'changed'), ('delete', 'deleted')], max_length=10, verbose_name='action')),
                ('before', models.JSONField(blank=True, null=True, verbose_name='before')),
                ('after', models.JSONField(blank=True, null=True, verbose_name='after')),
                ('changed_at', models.DateTimeField(auto_now_add=True, verbose_name='changed at')),
                ('changed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('layer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='survey_changes', to='layers.layer')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False), ('closed_by__isnull', False)), _connector='OR'), name='draft_closed_has_who_and_when', violation_error_message='A closed draft states who closed it and when.'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_number__isnull', False), ('state', 'published')), models.Q(models.Q(('state', 'published'), _negated=True), ('published_number', None)), _connector='OR'), name='draft_published_has_version', violation_error_message='A published draft states its version.'),
        ),
        migrations.AddConstraint(
            model_name='draftedit',
            constraint=models.UniqueConstraint(fields=('draft', 'revision'), name='draft_edit_step_once'),
        ),
        migrations.AddConstraint(
            model_name='draftedit',
            constraint=models.UniqueConstraint(condition=models.Q(('is_latest', True)), fields=('draft', 'stable_id'), name='draft_edit_latest_once'),
        ),
        migrations.AddConstraint(
            model_name='draftedit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action__in', ['create', 'replace']), ('geometry__isnull', False)), models.Q(models.Q(('action__in', ['create', 'replace']), _negated=True), ('geometry', None)), _connector='OR'), name='draft_edit_has_shape_unless_gone'),
        ),
        migrations.AddConstraint(
            model_name='draftedit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action', 'create'), ('base_row', None)), ('action', 'withdraw'), models.Q(('action__in', ['replace', 'delete']), ('base_row__isnull', False)), _connector='OR'), name='draft_edit_names_its_base'),
        ),
        migrations.AddConstraint(
            model_name='draftedit',
            constraint=models.CheckConstraint(condition=models.Q(('geometry', None), ('geometry__isvalid', True), _connector='OR'), name='draft_edit_geometry_valid', violation_error_message='The outline crosses itself. Redraw it.'),
        ),
        migrations.AddConstraint(
            model_name='layertopology',
            constraint=models.CheckConstraint(condition=models.Q(('tolerance_m__gt', 0)), name='topology_tolerance_positive', violation_error_message='Give a tolerance above 0 m.'),
        ),
        migrations.AddConstraint(
            model_name='layertopology',
            constraint=models.CheckConstraint(condition=models.Q(('must_cover', None), ('must_cover__isvalid', True), _connector='OR'), name='topology_cover_valid', violation_error_message='The outline crosses itself. Redraw it.'),
        ),
        migrations.RunPython(bound_edited_shapes, migrations.RunPython.noop, elidable=False),
        migrations.RunSQL(
            sql=[
                # what a version ended: differences and going back ask for nothing else
                "CREATE INDEX feature_retired ON layers_feature (layer_id, retired_in)"
                " WHERE retired_in IS NOT NULL",
                IMMUTABLE_FEATURES,
                IMMUTABLE_VERSIONS,
            ],
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
