"""Give findings a life: what stands of the decisions, acceptances, measures, one history."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from conflicts.life.enforced import ENFORCED_LIFE
from conflicts.life.handed_over import HAND_OVER


class Migration(migrations.Migration):

    dependencies = [
        ('conflicts', '0009_service_studies_are_kept'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('proposed', 'waits for approval'), ('approved', 'in force'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('ended', 'ended')], default='proposed', max_length=10, verbose_name='state')),
                ('reason', models.TextField(verbose_name='reason')),
                ('document', models.CharField(max_length=200, verbose_name='document')),
                ('exemption', models.CharField(blank=True, max_length=400, verbose_name='exemption by the law')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='accepted until')),
                ('plan_layer', models.CharField(blank=True, max_length=60, verbose_name='plan layer')),
                ('plan_number', models.PositiveIntegerField(blank=True, null=True, verbose_name='version of the plan')),
                ('proposed_at', models.DateTimeField(auto_now_add=True, verbose_name='proposed at')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('decision_reason', models.TextField(blank=True, verbose_name='reason of the decision')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
            ],
            options={
                'ordering': ['finding_id', '-id'],
            },
        ),
        migrations.CreateModel(
            name='FindingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(choices=[('triage', 'looked at and graded'), ('assign', 'given to someone'), ('record_use', 'stated whether the use existed before'), ('propose', 'acceptance proposed'), ('withdraw', 'proposal withdrawn'), ('refuse', 'acceptance refused'), ('approve', 'acceptance approved'), ('plan_mitigation', 'measure planned'), ('report_mitigation', 'measure reported as done'), ('dismiss', 'dismissed as no conflict'), ('reopen', 'opened again'), ('resolved', 'not found any more on surveyed ground'), ('rule_withdrawn', 'its rule was withdrawn'), ('came_back', 'found again'), ('got_worse', 'worse than when it was decided'), ('facts_changed', 'what was dismissed has changed since'), ('expired', 'the acceptance has run out'), ('plan_revised', 'the plan was revised, the acceptance ends'), ('before_two', 'accepted before a second person was asked; ends')], max_length=20, verbose_name='step')),
                ('from_state', models.CharField(choices=[('open', 'open'), ('triaged', 'looked at'), ('accepted', 'accepted'), ('mitigating', 'being put right'), ('resolved', 'resolved'), ('dismissed', 'dismissed')], max_length=10, verbose_name='from')),
                ('to_state', models.CharField(choices=[('open', 'open'), ('triaged', 'looked at'), ('accepted', 'accepted'), ('mitigating', 'being put right'), ('resolved', 'resolved'), ('dismissed', 'dismissed')], max_length=10, verbose_name='to')),
                ('reason', models.TextField(blank=True, db_default='', verbose_name='reason')),
                ('before', models.JSONField(db_default={}, default=dict, verbose_name='before')),
                ('after', models.JSONField(db_default={}, default=dict, verbose_name='after')),
                ('severity', models.CharField(choices=[('info', 'information'), ('low', 'low'), ('medium', 'medium'), ('high', 'high'), ('critical', 'critical')], max_length=10, verbose_name='severity at that moment')),
                ('margin', models.FloatField(blank=True, null=True, verbose_name='margin at that moment')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='at')),
            ],
            options={
                'ordering': ['finding_id', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Handling',
            fields=[
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='handling', serialize=False, to='conflicts.finding')),
                ('severity', models.CharField(blank=True, choices=[('info', 'information'), ('low', 'low'), ('medium', 'medium'), ('high', 'high'), ('critical', 'critical')], max_length=10, verbose_name='severity by the planner')),
                ('office', models.CharField(blank=True, max_length=120, verbose_name='office')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='due on')),
                ('existing_use', models.BooleanField(blank=True, null=True, verbose_name='the use existed before')),
                ('existing_evidence', models.TextField(blank=True, verbose_name='evidence that it existed')),
            ],
        ),
        migrations.CreateModel(
            name='Mitigation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.TextField(verbose_name='measure')),
                ('office', models.CharField(max_length=120, verbose_name='responsible office')),
                ('due_on', models.DateField(verbose_name='done by')),
                ('document', models.CharField(blank=True, max_length=200, verbose_name='document')),
                ('planned_at', models.DateTimeField(auto_now_add=True, verbose_name='planned at')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='reported as done at')),
                ('done_evidence', models.TextField(blank=True, verbose_name='evidence')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
            ],
            options={
                'ordering': ['finding_id', '-id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='decision',
            name='decision_has_reason',
        ),
        migrations.RemoveConstraint(
            model_name='decision',
            name='decision_never_resolves',
        ),
        migrations.AlterModelOptions(
            name='finding',
            options={'ordering': ['rule_code', 'subject_layer', 'subject_id', 'object_layer', 'object_id'], 'permissions': (('decide_finding', 'Can decide about a finding'), ('approve_acceptance', 'Can approve the acceptance of a finding that another proposed'))},
        ),
        migrations.AddField(
            model_name='finding',
            name='is_existing_use',
            field=models.BooleanField(db_default=False, default=False, verbose_name='existing nonconforming use'),
        ),
        migrations.AddField(
            model_name='finding',
            name='step',
            field=models.CharField(blank=True, choices=[('triage', 'looked at and graded'), ('assign', 'given to someone'), ('record_use', 'stated whether the use existed before'), ('propose', 'acceptance proposed'), ('withdraw', 'proposal withdrawn'), ('refuse', 'acceptance refused'), ('approve', 'acceptance approved'), ('plan_mitigation', 'measure planned'), ('report_mitigation', 'measure reported as done'), ('dismiss', 'dismissed as no conflict'), ('reopen', 'opened again'), ('resolved', 'not found any more on surveyed ground'), ('rule_withdrawn', 'its rule was withdrawn'), ('came_back', 'found again'), ('got_worse', 'worse than when it was decided'), ('facts_changed', 'what was dismissed has changed since'), ('expired', 'the acceptance has run out'), ('plan_revised', 'the plan was revised, the acceptance ends'), ('before_two', 'accepted before a second person was asked; ends')], db_default='', max_length=20, verbose_name='what moved it last'),
        ),
        migrations.AddField(
            model_name='acceptance',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='acceptance',
            name='finding',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='conflicts.finding'),
        ),
        migrations.AddField(
            model_name='acceptance',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='acceptance',
            name='proposed_on',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='conflicts.observation'),
        ),
        migrations.AddField(
            model_name='findingevent',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='findingevent',
            name='detection',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='conflicts.detectionrun'),
        ),
        migrations.AddField(
            model_name='findingevent',
            name='finding',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='conflicts.finding'),
        ),
        migrations.AddField(
            model_name='handling',
            name='assignee',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings_to_handle', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='handling',
            name='decided_on',
            field=models.ForeignKey(blank=True, help_text='What was measured when the decision that stands was taken.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='conflicts.observation'),
        ),
        migrations.AddField(
            model_name='mitigation',
            name='done_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mitigation',
            name='finding',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mitigations', to='conflicts.finding'),
        ),
        migrations.AddField(
            model_name='mitigation',
            name='planned_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('finding',), name='acceptance_proposed_once', violation_error_message='An acceptance of this conflict waits already.'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('finding',), name='acceptance_in_force_once'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'refused']), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='acceptance_decided_by_another', violation_error_message='Who proposed an acceptance does not decide on it.'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('plan_layer', ''), ('plan_number', None), ('valid_to__isnull', False)), models.Q(('plan_number__isnull', False), ('valid_to', None), models.Q(('plan_layer', ''), _negated=True)), _connector='OR'), name='acceptance_ends', violation_error_message='Give a last day, or a layer of the plan; not both.'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('document', ''), _negated=True)), name='acceptance_has_reason_and_document', violation_error_message='Say why: the next planner will ask.'),
        ),
        migrations.AddIndex(
            model_name='findingevent',
            index=models.Index(fields=['finding', '-id'], name='finding_event_newest'),
        ),
        migrations.AddConstraint(
            model_name='findingevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_state', 'open'), ('step', 'triage'), ('to_state', 'triaged')), models.Q(('from_state', 'triaged'), ('step', 'triage'), ('to_state', 'triaged')), models.Q(('from_state', 'open'), ('step', 'assign'), ('to_state', 'open')), models.Q(('from_state', 'triaged'), ('step', 'assign'), ('to_state', 'triaged')), models.Q(('from_state', 'accepted'), ('step', 'assign'), ('to_state', 'accepted')), models.Q(('from_state', 'mitigating'), ('step', 'assign'), ('to_state', 'mitigating')), models.Q(('from_state', 'open'), ('step', 'record_use'), ('to_state', 'open')), models.Q(('from_state', 'triaged'), ('step', 'record_use'), ('to_state', 'triaged')), models.Q(('from_state', 'accepted'), ('step', 'record_use'), ('to_state', 'accepted')), models.Q(('from_state', 'mitigating'), ('step', 'record_use'), ('to_state', 'mitigating')), models.Q(('from_state', 'dismissed'), ('step', 'record_use'), ('to_state', 'dismissed')), models.Q(('from_state', 'open'), ('step', 'propose'), ('to_state', 'open')), models.Q(('from_state', 'triaged'), ('step', 'propose'), ('to_state', 'triaged')), models.Q(('from_state', 'accepted'), ('step', 'propose'), ('to_state', 'accepted')), models.Q(('from_state', 'mitigating'), ('step', 'propose'), ('to_state', 'mitigating')), models.Q(('from_state', 'open'), ('step', 'withdraw'), ('to_state', 'open')), models.Q(('from_state', 'triaged'), ('step', 'withdraw'), ('to_state', 'triaged')), models.Q(('from_state', 'accepted'), ('step', 'withdraw'), ('to_state', 'accepted')), models.Q(('from_state', 'mitigating'), ('step', 'withdraw'), ('to_state', 'mitigating')), models.Q(('from_state', 'open'), ('step', 'refuse'), ('to_state', 'open')), models.Q(('from_state', 'triaged'), ('step', 'refuse'), ('to_state', 'triaged')), models.Q(('from_state', 'accepted'), ('step', 'refuse'), ('to_state', 'accepted')), models.Q(('from_state', 'mitigating'), ('step', 'refuse'), ('to_state', 'mitigating')), models.Q(('from_state', 'open'), ('step', 'approve'), ('to_state', 'accepted')), models.Q(('from_state', 'triaged'), ('step', 'approve'), ('to_state', 'accepted')), models.Q(('from_state', 'accepted'), ('step', 'approve'), ('to_state', 'accepted')), models.Q(('from_state', 'mitigating'), ('step', 'approve'), ('to_state', 'accepted')), models.Q(('from_state', 'open'), ('step', 'plan_mitigation'), ('to_state', 'mitigating')), models.Q(('from_state', 'triaged'), ('step', 'plan_mitigation'), ('to_state', 'mitigating')), models.Q(('from_state', 'mitigating'), ('step', 'plan_mitigation'), ('to_state', 'mitigating')), models.Q(('from_state', 'mitigating'), ('step', 'report_mitigation'), ('to_state', 'mitigating')), models.Q(('from_state', 'open'), ('step', 'dismiss'), ('to_state', 'dismissed')), models.Q(('from_state', 'triaged'), ('step', 'dismiss'), ('to_state', 'dismissed')), models.Q(('from_state', 'accepted'), ('step', 'dismiss'), ('to_state', 'dismissed')), models.Q(('from_state', 'mitigating'), ('step', 'dismiss'), ('to_state', 'dismissed')), models.Q(('from_state', 'triaged'), ('step', 'reopen'), ('to_state', 'open')), models.Q(('from_state', 'accepted'), ('step', 'reopen'), ('to_state', 'open')), models.Q(('from_state', 'mitigating'), ('step', 'reopen'), ('to_state', 'open')), models.Q(('from_state', 'dismissed'), ('step', 'reopen'), ('to_state', 'open')), models.Q(('from_state', 'open'), ('step', 'resolved'), ('to_state', 'resolved')), models.Q(('from_state', 'triaged'), ('step', 'resolved'), ('to_state', 'resolved')), models.Q(('from_state', 'accepted'), ('step', 'resolved'), ('to_state', 'resolved')), models.Q(('from_state', 'mitigating'), ('step', 'resolved'), ('to_state', 'resolved')), models.Q(('from_state', 'open'), ('step', 'rule_withdrawn'), ('to_state', 'resolved')), models.Q(('from_state', 'triaged'), ('step', 'rule_withdrawn'), ('to_state', 'resolved')), models.Q(('from_state', 'accepted'), ('step', 'rule_withdrawn'), ('to_state', 'resolved')), models.Q(('from_state', 'mitigating'), ('step', 'rule_withdrawn'), ('to_state', 'resolved')), models.Q(('from_state', 'resolved'), ('step', 'came_back'), ('to_state', 'open')), models.Q(('from_state', 'accepted'), ('step', 'got_worse'), ('to_state', 'open')), models.Q(('from_state', 'mitigating'), ('step', 'got_worse'), ('to_state', 'open')), models.Q(('from_state', 'dismissed'), ('step', 'got_worse'), ('to_state', 'open')), models.Q(('from_state', 'dismissed'), ('step', 'facts_changed'), ('to_state', 'open')), models.Q(('from_state', 'accepted'), ('step', 'expired'), ('to_state', 'open')), models.Q(('from_state', 'accepted'), ('step', 'plan_revised'), ('to_state', 'open')), models.Q(('from_state', 'accepted'), ('step', 'before_two'), ('to_state', 'open')), models.Q(('from_state', 'mitigating'), ('step', 'before_two'), ('to_state', 'open')), _connector='OR'), name='finding_event_step_leads_there', violation_error_message='This step does not lead from that state to this one.'),
        ),
        migrations.AddConstraint(
            model_name='findingevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('by__isnull', False), ('step__in', ['triage', 'assign', 'record_use', 'propose', 'withdraw', 'refuse', 'approve', 'plan_mitigation', 'report_mitigation', 'dismiss', 'reopen'])), models.Q(models.Q(('step__in', ['triage', 'assign', 'record_use', 'propose', 'withdraw', 'refuse', 'approve', 'plan_mitigation', 'report_mitigation', 'dismiss', 'reopen']), _negated=True), ('by', None)), _connector='OR'), name='finding_event_of_person_names_them'),
        ),
        migrations.AddConstraint(
            model_name='findingevent',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), ('step__in', ['triage', 'record_use', 'propose', 'withdraw', 'refuse', 'approve', 'plan_mitigation', 'report_mitigation', 'dismiss', 'reopen']), _negated=True), name='finding_event_has_reason', violation_error_message='Say why: the next planner will ask.'),
        ),
        migrations.AddIndex(
            model_name='handling',
            index=models.Index(fields=['due_on'], name='handling_due'),
        ),
        migrations.AddConstraint(
            model_name='handling',
            constraint=models.CheckConstraint(condition=models.Q(('existing_use', None), models.Q(('existing_evidence', ''), _negated=True), _connector='OR'), name='handling_existing_use_has_evidence', violation_error_message='Say what shows it: a title, a photo, a map, a year.'),
        ),
        migrations.AddConstraint(
            model_name='mitigation',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('finding',), name='mitigation_stands_once'),
        ),
        migrations.AddConstraint(
            model_name='mitigation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('measure', ''), _negated=True), models.Q(('office', ''), _negated=True)), name='mitigation_says_what_and_who', violation_error_message='Say what is done, and which office does it.'),
        ),
        migrations.AddConstraint(
            model_name='mitigation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at', None), ('done_by', None), ('done_evidence', '')), models.Q(('done_at__isnull', False), ('done_by__isnull', False), models.Q(('done_evidence', ''), _negated=True)), _connector='OR'), name='mitigation_done_has_evidence', violation_error_message='Say what shows that it is done.'),
        ),
        migrations.RunSQL(HAND_OVER, migrations.RunSQL.noop),
        migrations.DeleteModel(
            name='Decision',
        ),
        migrations.RunSQL(ENFORCED_LIFE, migrations.RunSQL.noop),
    ]
