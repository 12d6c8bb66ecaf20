"""Reserved land is released by a decision; what was reserved and released stays as it was."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# No constraint of PostgreSQL says "never again": without these, any shell or script could rewrite
# who released what, or the areas the released reservation had.
FREEZE = """
CREATE FUNCTION planning_release_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A release is never changed or deleted: reserve the land anew.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER land_release_is_frozen
    BEFORE UPDATE OR DELETE ON planning_landrelease
    FOR EACH ROW EXECUTE FUNCTION planning_release_is_frozen();

CREATE FUNCTION planning_released_land_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    which bigint;
BEGIN
    IF TG_TABLE_NAME = 'planning_landreservation' THEN which := OLD.id;
    ELSE which := OLD.reservation_id;
    END IF;
    IF EXISTS (SELECT FROM planning_landrelease WHERE reservation_id = which) THEN
        RAISE EXCEPTION 'A released reservation is never changed: reserve the land anew.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER released_reservation_is_frozen
    BEFORE UPDATE OR DELETE ON planning_landreservation
    FOR EACH ROW EXECUTE FUNCTION planning_released_land_is_frozen();
CREATE TRIGGER released_parcels_are_frozen
    BEFORE UPDATE OR DELETE ON planning_reservationparcel
    FOR EACH ROW EXECUTE FUNCTION planning_released_land_is_frozen();
CREATE TRIGGER released_balance_is_frozen
    BEFORE UPDATE OR DELETE ON planning_areabalance
    FOR EACH ROW EXECUTE FUNCTION planning_released_land_is_frozen();
"""
THAW = """
DROP TRIGGER released_balance_is_frozen ON planning_areabalance;
DROP TRIGGER released_parcels_are_frozen ON planning_reservationparcel;
DROP TRIGGER released_reservation_is_frozen ON planning_landreservation;
DROP FUNCTION planning_released_land_is_frozen();
DROP TRIGGER land_release_is_frozen ON planning_landrelease;
DROP FUNCTION planning_release_is_frozen();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('planning', '0003_reserving_land_is_a_right'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='landreservation',
            options={'ordering': ['reference'], 'permissions': (('reserve_land', 'Can reserve land'), ('release_land', 'Can release reserved land'))},
        ),
        migrations.CreateModel(
            name='LandRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status_before', models.CharField(choices=[('proposed', 'proposed'), ('adopted', 'adopted'), ('acquiring', 'being acquired'), ('acquired', 'acquired'), ('released', 'released'), ('lapsed', 'lapsed'), ('converted', 'built: the reserved use stands')], max_length=10, verbose_name='status before the release')),
                ('instrument_text', models.CharField(max_length=300, verbose_name='instrument as written')),
                ('reason', models.CharField(max_length=500, verbose_name='Reason of the release')),
                ('released_on', models.DateField(verbose_name='Released on')),
                ('released_area_m2', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='area given free [m2]')),
                ('layer_version', models.PositiveIntegerField(verbose_name='first version of the layer without it')),
                ('entered_at', models.DateTimeField(auto_now_add=True, verbose_name='entered at')),
                ('instrument', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='planning.legalinstrument')),
                ('released_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
                ('reservation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='release', to='planning.landreservation')),
            ],
            options={
                'ordering': ['reservation'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('instrument_text', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='release_by_an_instrument_for_a_reason', violation_error_message='Name the decision and say why.')],
            },
        ),
        migrations.RunSQL(sql=FREEZE, reverse_sql=THAW),
    ]
