"""A compliance run stays as it was answered; a plan version that has ended names its end."""

from django.db import migrations, models
from django.db.models import Q

# Rules do not belong in triggers, and this is none: PostgreSQL has no constraint that says "never
# again". Without it any shell or script could rewrite what an officer relied on.
REFUSE = """
CREATE FUNCTION planning_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A compliance run is never changed or deleted: check again for a new one.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER compliance_run_is_frozen
    BEFORE UPDATE OR DELETE ON planning_compliancerun
    FOR EACH ROW EXECUTE FUNCTION planning_refuse_change();
"""
ALLOW = """
DROP TRIGGER compliance_run_is_frozen ON planning_compliancerun;
DROP FUNCTION planning_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_the_law_on_the_land")]

    operations = [
        migrations.RunSQL(sql=REFUSE, reverse_sql=ALLOW),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.CheckConstraint(
                condition=~Q(status__in=["superseded", "repealed"]) | Q(in_force_to__isnull=False),
                name="plan_version_that_ended_has_its_end",
                violation_error_message="A version that has ended names the day it ended.",
            ),
        ),
    ]
