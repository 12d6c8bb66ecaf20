"""Days begin at midnight in Phnom Penh, seven hours before they do in Greenwich.

The oracle is zoneinfo, from the tz database: Asia/Phnom_Penh is UTC+7 without summer time.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from conflicts.models import Finding
from layers.runs import executing, queue_run
from planning.permits.run import check_application
from planning.plans import Adoption, adopt_plan
from planning.releases import release_reservation
from tests.conflicts.ground import find, rule_data
from tests.conflicts.people import decide
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import application, nothing_reserved, r1_plot
from tests.planning.reserved_land import block, reserve

PHNOM_PENH = ZoneInfo("Asia/Phnom_Penh")
NEW_YEAR = date(2027, 1, 1)
LAST_MINUTE = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)  # 23:59 in Phnom Penh
FIRST_MINUTE = datetime(2026, 12, 31, 17, 1, tzinfo=UTC)  # 00:01 on New Year's Day


@pytest.fixture
def at(monkeypatch):
    """Set the clock."""
    return lambda moment: monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


@given(st.integers(946_684_800, 4_102_444_800))  # the 21st century in seconds of Unix time
def test_the_day_of_every_moment_is_that_of_the_tz_database(second):
    moment = datetime.fromtimestamp(second, UTC)
    assert timezone.localdate(moment) == moment.astimezone(PHNOM_PENH).date()
    assert timezone.localtime(moment).utcoffset() == timedelta(hours=7)


@pytest.mark.django_db
class TestPlans:
    @pytest.fixture(autouse=True)
    def two_versions(self):
        """In 2026 the plot lies in R1, from New Year's Day on in COM."""
        r1_plot()
        nothing_reserved(square(0, 0, 100))
        filled_layer("zones", feature("Z-1", square(0, 0, 100), "C1"))
        adopt_plan(Adoption(code="demo-lup", in_force_from=NEW_YEAR))

    @pytest.mark.parametrize(
        ("moment", "zone", "day"),
        [(LAST_MINUTE, "R1", "2026-12-31"), (FIRST_MINUTE, "C1", "2027-01-01")],
    )
    def test_a_permit_without_a_day_is_checked_by_the_law_of_the_citys_day(
        self, at, moment, zone, day
    ):
        at(moment)
        results = check_application(application(submitted_on=None)).results
        assert results["as_of"] == day
        assert [plan["in_force_from"] for plan in results["plans"]] == [
            "2026-01-01" if zone == "R1" else "2027-01-01"
        ]

    @pytest.mark.parametrize(("moment", "zone"), [(LAST_MINUTE, "R1"), (FIRST_MINUTE, "C1")])
    def test_the_extract_of_today_shows_the_zone_of_the_citys_day(self, at, client, moment, zone):
        at(moment)
        extract = client.get("/extract/P-1.json").json()
        assert [row["zone"] for row in extract["zones"]] == [zone]

    def test_the_extract_in_the_shell_says_the_citys_day(self, at, capsys):
        at(FIRST_MINUTE)
        call_command("extract", "P-1")
        assert "Parcel P-1 on 2027-01-01" in capsys.readouterr().out


@pytest.mark.django_db
class TestAcceptances:
    RULE = rule_data()

    @pytest.fixture
    def accepted(self):
        """A school too near a landfill, accepted up to and with the last day of the year."""
        filled_layer(
            "facilities",
            feature("L", square(0, 0, 100), "landfill"),
            feature("S", square(150, 0, 50), "school"),
        )
        [finding] = find(self.RULE)
        return decide(finding, "accepted", valid_to=date(2026, 12, 31))

    def test_an_acceptance_holds_to_the_last_minute_of_its_last_day(self, at, accepted):
        at(LAST_MINUTE)
        find(self.RULE)
        assert Finding.objects.get(pk=accepted.pk).state == "accepted"

    def test_one_minute_after_midnight_the_finding_is_open_again(self, at, accepted):
        at(FIRST_MINUTE)
        find(self.RULE)
        assert Finding.objects.get(pk=accepted.pk).state == "open"


@pytest.mark.django_db
def test_land_is_released_on_the_citys_day_although_greenwich_still_has_yesterday(at):
    block()
    reservation = reserve(rectangle(50, 0, 100, 100))
    second = User.objects.create_user("second")
    second.user_permissions.add(Permission.objects.get(codename="release_land"))
    at(FIRST_MINUTE)

    release = release_reservation(
        reservation=reservation, by=second, instrument="Deka 7", reason="Built", on=NEW_YEAR
    )

    assert release.released_on == NEW_YEAR


@pytest.mark.django_db(transaction=True)
def test_the_log_of_a_long_job_tells_the_citys_time(at):
    at(FIRST_MINUTE)
    run = queue_run(kind="import", title="Import", parameters={})
    with executing(run) as report:
        report(0.5, "half-way")
    run.refresh_from_db()

    assert "2027-01-01 00:01:00 half-way" in run.log
    assert "2026-12-31" not in run.log
