"""What the calendar starts: a look at due dates, a refresh when something is new or a due date has passed."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg

from ingestion.home import Home
from orchestration.settings import load_configuration, timezone


def schedules(home: Home, refresh: Any, due: Any) -> list[Any]:
    """A look at due dates every morning; a refresh when there is something new or a due date has passed."""

    @dg.schedule(
        name="refresh_when_new",
        job=refresh,
        cron_schedule="30 3 * * *",
        execution_timezone=timezone(),
        description="Nightly, if deliveries, agreements or opt-outs changed since the last release.",
    )
    def refresh_when_new() -> Iterator[dg.RunRequest | dg.SkipReason]:
        from orchestration.received import is_behind

        yield (
            dg.RunRequest()
            if is_behind(home)
            else dg.SkipReason("Nothing was loaded since the last release.")
        )

    after_due_dates = due_crons(load_configuration())
    found: list[Any] = [
        refresh_when_new,
        dg.ScheduleDefinition(
            name="deliveries_due",
            job=due,
            cron_schedule="0 6 * * *",
            execution_timezone=timezone(),
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Every morning: which deliveries are late.",
        ),
    ]
    if after_due_dates:
        found.append(
            dg.ScheduleDefinition(
                name="refresh_after_due_dates",
                job=refresh,
                cron_schedule=after_due_dates,
                execution_timezone=timezone(),
                description="The morning after each due date of the communities' calendar.",
            )
        )
    return found


def due_crons(communities: Any) -> list[str]:
    """A cron line for the morning after each due date that any contract names."""
    days = {day for contract in communities.contracts.values() for day in contract.expects.values()}
    mornings = {
        dt.date(2001, int(day[:2]), int(day[3:])) + dt.timedelta(days=1) for day in days if day != "02-29"
    }
    return [f"0 5 {morning.day} {morning.month} *" for morning in sorted(mornings)]
