"""The digest of a week: made once, when the week is over, also when nobody was there to make it."""

import csv
import io
from datetime import date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from conflicts.life.tasks import begin_the_day
from conflicts.models import DetectionRun, Handling
from conflicts.review import digest as digests
from conflicts.review.digest import due_weeks, make_due_digests, monday_of, shown_sections
from conflicts.review.models import WeeklyDigest
from layers.errors import UserFacingError
from layers.models import Layer, Run
from tests.conflicts.ground import find, put
from tests.conflicts.people import decide
from tests.conflicts.review.ground import (
    EAST_SIDE,
    NEAR_LANDFILL,
    ON_LANDFILL,
    WEST,
    detected,
    facilities,
    sangkats,
)
from tests.factories import feature, square

pytestmark = pytest.mark.django_db

# A Monday, and the Wednesday of the week before it.
TODAY, LAST_WEDNESDAY = date(2026, 11, 16), date(2026, 11, 11)
LAST_MONDAY = date(2026, 11, 9)


def happened(day):
    """Let all detections that are not yet in the past have ended at noon of a day."""
    noon = datetime.combine(day, time(12), timezone.get_default_timezone())
    fresh = Run.objects.filter(queued_at__gt=timezone.now() - timedelta(hours=1))
    runs = fresh.filter(pk__in=DetectionRun.objects.values("pk"))
    runs.update(queued_at=noon, started_at=noon, finished_at=noon)


def section(digest, name, hidden=frozenset()):
    shown = shown_sections(digest, hidden=hidden, names={WEST: "West", EAST_SIDE: "East"})
    return next(each for each in shown if each.name == name)


@pytest.fixture
def week():
    """Three findings are new on the Wednesday of last week."""
    sangkats()
    found = detected()
    happened(LAST_WEDNESDAY)
    return found


def test_three_new_conflicts_of_last_week_are_told_by_sangkat(week):
    [made] = make_due_digests(TODAY)

    new = section(made, "new")
    assert made.week_begins == LAST_MONDAY
    assert new.count == len(new.rows) == 3
    # the gap of 180 m reaches into both
    assert dict(new.by_sangkat) == {"West": 3, "East": 1}
    assert new.rows[0]["severity"] == "critical"
    assert section(made, "worse").count == section(made, "reopened").count == 0


def test_a_week_that_is_not_over_has_no_digest(week):
    assert due_weeks(LAST_WEDNESDAY + timedelta(days=4)) == []
    assert due_weeks(TODAY) == [LAST_MONDAY]


def test_the_same_week_gives_the_same_file_whatever_happens_afterwards(client, week):
    make_due_digests(TODAY)
    first = [client.get(f"/findings/digests/2026-11-09.{kind}").content for kind in ("html", "csv")]
    decide(week["M"], "dismissed")
    put(facilities(), feature("L", square(0, 0, 100), "landfill"))
    find(NEAR_LANDFILL, ON_LANDFILL)

    assert make_due_digests(TODAY) == []
    again = [client.get(f"/findings/digests/2026-11-09.{kind}").content for kind in ("html", "csv")]
    assert again == first


def test_weeks_missed_while_no_worker_ran_are_made_up_for(week):
    made = make_due_digests(TODAY + timedelta(days=23))

    assert [digest.week_begins for digest in made] == [
        date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 30),
    ]  # fmt: skip
    assert [section(digest, "new").count for digest in made] == [3, 0, 0, 0]


def test_no_digest_is_made_while_another_takes_stock_and_the_week_stays_due(week, monkeypatch):
    monkeypatch.setattr(digests, "take_stock", lambda: False)

    assert make_due_digests(TODAY) == []
    assert due_weeks(TODAY) == [LAST_MONDAY]


def test_what_is_not_looked_up_is_told_apart_from_what_lies_outside(week):
    """Asked for one week by itself nothing is placed; a digest that was due places all first."""
    unplaced = section(digests.make_digest(LAST_MONDAY), "new")

    assert list(unplaced.by_sangkat) == [("not looked up yet", 3)]
    assert section_of_the_outside() == [("outside every sangkat", 3)]


def section_of_the_outside():
    """Return the same week's new conflicts, had there been no sangkat around them."""
    digest = WeeklyDigest.objects.get()
    for row in digest.content["sections"]["new"]["tally"]:
        row["sangkats"] = []
    return list(section(digest, "new").by_sangkat)


def test_after_a_long_rest_only_the_newest_weeks_are_made(week):
    made = make_due_digests(TODAY + timedelta(weeks=100))

    assert len(made) == digests.MOST_WEEKS
    assert made[-1].week_begins == TODAY + timedelta(weeks=99)


def test_the_worker_s_day_makes_them(week):
    begin_the_day.func()

    first = WeeklyDigest.objects.earliest("week_begins")
    assert first.week_begins <= monday_of(timezone.localdate())
    assert WeeklyDigest.objects.count() == len(
        {digest.week_begins for digest in WeeklyDigest.objects.all()}
    )


def test_what_got_worse_and_what_came_back_is_told_apart(week):
    layer = facilities()
    put(layer, feature("L", square(0, 0, 100), "landfill"),
        feature("S-EAST", square(200, 0, 50), "school"))  # fmt: skip
    find(NEAR_LANDFILL, ON_LANDFILL)
    happened(LAST_WEDNESDAY)
    facilities()
    find(NEAR_LANDFILL, ON_LANDFILL)
    happened(LAST_WEDNESDAY)

    [made] = make_due_digests(TODAY)

    # S-EAST came 80 m nearer; S-NORTH was gone and is back
    assert [row["object"] for row in section(made, "worse").rows] == ["S-EAST"]
    assert [row["object"] for row in section(made, "reopened").rows] == ["S-NORTH"]


def test_what_is_due_before_the_week_ended_is_overdue_with_its_day(week):
    Handling.objects.create(finding=week["M"], due_on=LAST_WEDNESDAY)
    Handling.objects.create(finding=week["S-EAST"], due_on=TODAY)
    Handling.objects.create(finding=week["S-NORTH"], due_on=LAST_WEDNESDAY)
    decide(week["S-NORTH"], "dismissed")

    [made] = make_due_digests(TODAY)

    assert [(r["object"], r["day"]) for r in section(made, "overdue").rows] == [("M", "2026-11-11")]


def test_of_many_only_the_gravest_are_told_and_all_are_counted(week, monkeypatch):
    monkeypatch.setattr(digests, "MOST_TOLD", 1)

    [made] = make_due_digests(TODAY)

    new = section(made, "new")
    assert (new.count, len(new.rows), new.left_out) == (3, 1, 2)
    assert new.rows[0]["object"] == "M"


def test_what_a_reader_may_not_see_is_neither_told_nor_counted(client, week):
    make_due_digests(TODAY)
    Layer.objects.filter(slug="facilities").update(visibility="internal")

    public = client.get("/findings/digests/2026-11-09/?lang=en").content.decode()
    assert "School North" not in public
    assert "New: 0" in " ".join(public.split())
    client.force_login(User.objects.create_user("sokha", is_staff=True))
    staff = client.get("/findings/digests/2026-11-09/?lang=en").content.decode()
    assert "School North" in staff


def test_the_table_has_a_line_per_conflict_and_no_formula(client, week):
    make_due_digests(TODAY)

    text = client.get("/findings/digests/2026-11-09.csv?lang=en").content.decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row["section"] for row in rows} == {"New"}
    assert sorted(row["object"] for row in rows) == ["M", "S-EAST", "S-NORTH"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "@"))]


def test_the_page_to_keep_needs_no_other_file(client, week):
    make_due_digests(TODAY)

    answer = client.get("/findings/digests/2026-11-09.html?lang=en")
    page = answer.content.decode()
    assert "attachment" in answer["Content-Disposition"]
    assert "<link" not in page
    assert "<script" not in page
    assert "could not tell everything" in page


@pytest.mark.parametrize(
    ("path", "status"),
    [("2026-11-09/", 200), ("2026-11-10/", 404), ("yesterday/", 400), ("2026-13-01/", 400),
     ("2026-11-09.pdf", 404), ("2026-11-02.csv", 404)],
)  # fmt: skip
def test_a_digest_that_there_is_not_is_told_as_such(client, week, path, status):
    make_due_digests(TODAY)

    assert client.get(f"/findings/digests/{path}").status_code == status


def test_the_list_shows_the_digests_or_how_they_are_made(client, week):
    assert "./krong digest" in client.get("/findings/digests/").content.decode()
    make_due_digests(TODAY)
    assert "/findings/digests/2026-11-09/" in client.get("/findings/digests/").content.decode()


def test_the_command_writes_a_week_as_files(week, tmp_path):
    call_command("digest", week=str(LAST_WEDNESDAY), output=tmp_path, language="en")

    assert "lies 180.0 m from School East" in (tmp_path / "findings-2026-11-09.html").read_text()
    assert (tmp_path / "findings-2026-11-09.csv").read_text().startswith("\ufeff")


def test_the_command_refuses_a_week_that_is_not_over(week):
    with pytest.raises((UserFacingError, SystemExit)):
        call_command("digest", week=timezone.localdate().isoformat())


def test_a_digest_begins_on_a_monday_and_there_is_one_per_week():
    for day in (LAST_WEDNESDAY, LAST_MONDAY):
        with transaction.atomic():
            if day == LAST_MONDAY:
                WeeklyDigest.objects.create(week_begins=day, content={})
            with pytest.raises(IntegrityError), transaction.atomic():
                WeeklyDigest.objects.create(week_begins=day, content={})


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2200, 1, 1)))
def test_every_day_belongs_to_the_week_of_the_monday_on_or_before_it(day):
    monday = monday_of(day)

    assert monday.isoweekday() == 1
    assert 0 <= (day - monday).days < 7
    assert monday.isocalendar()[:2] == day.isocalendar()[:2]
