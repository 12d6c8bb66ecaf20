"""Let a re-check go on from a detection: what it counted, what it exempted, findings by feature."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conflicts', '0005_rule_books_are_drafted_and_ratified'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExemptedPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rulebook_code', models.CharField(max_length=40, verbose_name='rule book')),
                ('rule_code', models.CharField(max_length=40, verbose_name='rule')),
                ('subject_layer', models.CharField(max_length=60, verbose_name='layer of the subject')),
                ('subject_id', models.CharField(max_length=80, verbose_name='subject')),
                ('object_layer', models.CharField(max_length=60, verbose_name='layer of the object')),
                ('object_id', models.CharField(max_length=80, verbose_name='object')),
            ],
        ),
        migrations.CreateModel(
            name='Remembered',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rulebook_code', models.CharField(max_length=40, verbose_name='rule book')),
                ('topic', models.CharField(max_length=10, verbose_name='about')),
                ('name', models.CharField(max_length=64, verbose_name='which')),
                ('answer', models.JSONField(verbose_name='answer')),
            ],
        ),
        migrations.AddField(
            model_name='detectionrun',
            name='goes_on_from',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rechecks', to='conflicts.detectionrun'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['subject_layer', 'subject_id'], name='finding_subject'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['object_layer', 'object_id'], name='finding_object'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('absent_since__isnull', False), models.Q(('state', 'resolved'), _negated=True)), fields=['rulebook_code'], name='finding_absent'),
        ),
        migrations.AddIndex(
            model_name='exemptedpair',
            index=models.Index(fields=['subject_layer', 'subject_id'], name='exempted_subject'),
        ),
        migrations.AddIndex(
            model_name='exemptedpair',
            index=models.Index(fields=['object_layer', 'object_id'], name='exempted_object'),
        ),
        migrations.AddIndex(
            model_name='exemptedpair',
            index=models.Index(fields=['rulebook_code', 'rule_code'], name='exempted_rule'),
        ),
        migrations.AddConstraint(
            model_name='remembered',
            constraint=models.UniqueConstraint(fields=('rulebook_code', 'topic', 'name'), name='remembered_once'),
        ),
    ]
