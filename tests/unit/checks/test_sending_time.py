"""Time in which somebody could have written."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from connector.checks.sending_time import one_window, sending_time
from connector.dunning.calendar import Calendar, SendingWindow

LONDON, APIA = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Apia")
HOUR = timedelta(hours=1)
WINDOW = SendingWindow(time(9), time(17))
INSTANTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
ZONES = st.sampled_from([LONDON, APIA, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def hours(since: str, until: str, calendar: Calendar | None = None) -> tuple[float, float]:
    passed = sending_time(at(since), at(until), LONDON, calendar or Calendar(), WINDOW)
    return passed.on_open_days / HOUR, passed.in_window / HOUR


def test_a_night_counts_as_time_but_not_as_window() -> None:
    assert hours("2026-03-02T16:00", "2026-03-03T10:00") == (18, 2)


def test_a_weekend_and_a_closed_day_count_as_nothing() -> None:
    closed = Calendar(closed_days=frozenset({date(2026, 3, 9)}))

    assert hours("2026-03-06T16:00", "2026-03-10T10:00", closed) == (18, 2)


def test_the_day_the_clocks_go_forward_has_23_hours() -> None:
    assert hours("2026-03-29T00:00", "2026-03-30T00:00", Calendar(weekends=True)) == (23, 8)


def test_a_window_is_as_long_as_it_says() -> None:
    assert one_window(WINDOW) == 8 * HOUR


@given(instants=st.lists(INSTANTS, min_size=3, max_size=3).map(sorted), zone=ZONES, weekends=st.booleans())
def test_time_adds_up_and_a_window_is_part_of_its_day(instants: list[datetime], zone: ZoneInfo, weekends: bool) -> None:
    first, middle, last = instants

    def passed(since: datetime, until: datetime):
        return sending_time(since, until, zone, Calendar(weekends), WINDOW)

    whole, parts = passed(first, last), [passed(first, middle), passed(middle, last)]
    assert whole.on_open_days == sum((part.on_open_days for part in parts), timedelta(0))
    assert whole.in_window == sum((part.in_window for part in parts), timedelta(0))
    assert timedelta(0) <= whole.in_window <= whole.on_open_days <= last - first
    assert not weekends or whole.on_open_days == last - first
