"""Acceptances that end by themselves: at their day, whatever else happens; and each new day."""

from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone

from conflicts import merging
from conflicts.life.vocab import Step
from conflicts.models import FindingEvent
from layers.sql_files import load_sql

# A minute after midnight the day is the next one, whatever the clocks differ by seconds.
MINUTES_PAST_MIDNIGHT = 1
BY_THE_CALENDAR = (Step.EXPIRED, Step.PLAN_REVISED)


@transaction.atomic
def end_acceptances(*, today: date | None = None) -> list[FindingEvent]:
    """End every acceptance that has run out, of all rule books; return what was written of each.

    Their findings are open again, also where nothing changed nearby and nothing is detected. Run
    twice on a day it does nothing the second time.
    """
    before = FindingEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    stated: dict[str, date | str] = {"today": today or timezone.localdate(), "rulebook_code": ""}
    with connection.cursor() as cursor:
        for step in ("expire_acceptances.sql", "end_standing.sql"):
            cursor.execute(load_sql(merging.__file__, step), stated)
    ended = FindingEvent.objects.filter(pk__gt=before, step__in=BY_THE_CALENDAR)
    return list(ended.select_related("finding").order_by("pk"))


def next_day(now: datetime | None = None) -> datetime:
    """Return when the next day of the city begins."""
    local = timezone.localtime(now)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(0, MINUTES_PAST_MIDNIGHT))
    return timezone.make_aware(midnight)
