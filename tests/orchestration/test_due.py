"""Which deliveries are late: due dates against what is in force."""

import datetime as dt
from collections.abc import Iterator

import pytest

from ingestion.lake.ledger_state import Slot
from orchestration.due import deliveries_due
from orchestration.schedules import due_crons
from orchestration.settings import load_configuration

pytestmark = pytest.mark.usefixtures("home")
ATTENDANCE = "north.attendance"


def late(
    today: dt.date,
    in_force: set[tuple[str, int, str]],
    days_ahead: int = -1,
    waiting: set[Slot] | None = None,
) -> set[tuple[str, str]]:
    owed = deliveries_due(load_configuration(), in_force, today, days_ahead, waiting or set())
    return {(one.entity, one.period) for one in owed}


def test_late_is_what_fell_due_and_is_not_in_force() -> None:
    # fall of 2024-25 was due on 2024-11-15, annual of 2023-24 on 2024-08-15
    found = late(dt.date(2024, 11, 16), {("north.person", 2024, "annual")})
    assert found == {
        ("attendance", "2024-annual"),
        ("attendance", "2024-fall"),
        ("attendance", "2025-fall"),
    }


def test_an_annual_delivery_in_force_excuses_the_interim_ones_of_its_year() -> None:
    in_force = {(ATTENDANCE, 2024, "annual"), ("north.person", 2024, "annual")}
    assert late(dt.date(2024, 11, 16), in_force) == {("attendance", "2025-fall")}


def test_the_day_itself_is_not_late_yet() -> None:
    in_force = {(ATTENDANCE, 2024, "annual"), ("north.person", 2024, "annual")}
    assert late(dt.date(2024, 11, 15), in_force) == set()
    assert late(dt.date(2024, 11, 15), in_force, days_ahead=0) == {("attendance", "2025-fall")}


def test_what_falls_due_soon_is_found_ahead_with_negative_days() -> None:
    in_force = {(ATTENDANCE, 2024, "annual"), ("north.person", 2024, "annual")}
    (owed,) = deliveries_due(load_configuration(), in_force, dt.date(2024, 11, 5), days_ahead=30)
    assert (owed.due, owed.days_late) == (dt.date(2024, 11, 15), -10)


def test_refreshes_are_scheduled_for_the_morning_after_each_due_date() -> None:
    assert due_crons(load_configuration()) == ["0 5 16 8 *", "0 5 16 11 *"]


def test_nothing_is_owed_for_years_before_the_first_one_sent() -> None:
    in_force = {(ATTENDANCE, 2025, "annual"), ("north.person", 2024, "annual")}
    assert late(dt.date(2025, 9, 1), in_force) == {("person", "2025-annual")}


class Counted(frozenset[tuple[str, int, str]]):
    """Periods that count how often somebody goes through all of them."""

    n_times = 0

    def __iter__(self) -> Iterator[tuple[str, int, str]]:
        self.n_times += 1
        return super().__iter__()


def test_what_is_in_force_is_gone_through_once_however_many_deliveries_there_are() -> None:
    in_force = Counted({(ATTENDANCE, 2024, "annual"), ("north.person", 2024, "annual")})
    owed = deliveries_due(load_configuration(), in_force, dt.date(2024, 11, 16))
    assert [(one.entity, one.period) for one in owed] == [("attendance", "2025-fall")]
    assert in_force.n_times == 1


@pytest.mark.parametrize(
    ("waiting", "late_still"),
    [
        ((ATTENDANCE, None, None), set()),
        ((ATTENDANCE, None, "annual"), set()),
        ((ATTENDANCE, 2025, "fall"), {"2024-annual", "2024-fall"}),
        ((ATTENDANCE, 2024, "annual"), {"2025-fall"}),
        (("north.person", None, None), {"2024-annual", "2024-fall", "2025-fall"}),
    ],
)
def test_what_waits_for_its_load_is_not_late(waiting: Slot, late_still: set[str]) -> None:
    found = late(dt.date(2024, 11, 16), {("north.person", 2024, "annual")}, waiting={waiting})
    assert found == {("attendance", period) for period in late_still}
