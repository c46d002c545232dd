"""What looks around and tells people: the inbox sensor, the check of due dates, the telling of failures."""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from ingestion.contracts.entities import load_entities
from ingestion.home import Home
from ingestion.wording import counted
from orchestration.due import DueDelivery, deliveries_due
from orchestration.notification import notify, without_values
from orchestration.partitions import DUE_CHECK, partition_key, raw_key
from orchestration.received import periods_in_force, periods_waiting, settled_files
from orchestration.settings import load_configuration

INBOX_SECONDS = 30
FILES_A_RUN = 500
# tell of a late delivery on its first day and then once a week, so that people keep reading
DAYS_BETWEEN_REMINDERS = 7

# a stamp: modification time in ns, size, sha-256 once the file stood still, sha-256 asked for, and while the
# ledger does not know the bytes yet: attempts, time of the next one
ATTEMPTS, NEXT = 4, 5
SECONDS_TO_NEXT_TRY = (3600, 4 * 3600, 24 * 3600)


def inbox_sensor(home: Home, job: dg.JobDefinition) -> dg.SensorDefinition:
    """One run for all new files; a file still being copied waits until two ticks see it unchanged."""

    @dg.sensor(
        name="inbox",
        job=job,
        minimum_interval_seconds=INBOX_SECONDS,
        description=f"Loads what is dropped into {home.inbox}; a rejected file again once it changes.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        seen: dict[str, list[Any]] = json.loads(context.cursor or "{}")
        now, found = look(home.inbox, seen)
        waiting = found or due_again(now, time.time())
        settled = settled_files(home, {home.inbox / name: now[name][2] for name in waiting})
        ready = [name for name in waiting if home.inbox / name not in settled]
        for name in waiting:
            now[name] = asked_for(now[name], time.time(), done=name not in ready)
        requests = [
            _request(home, ready[i : i + FILES_A_RUN], now) for i in range(0, len(ready), FILES_A_RUN)
        ]
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(now))

    return inbox


def look(inbox: Path, seen: dict[str, list[Any]]) -> tuple[dict[str, list[Any]], list[str]]:
    """The stamps of all files now, and those that are ready: unchanged since the last look, with new bytes.

    Only files that stand still and have no hash yet are read; touched but equal bytes are not ready.
    """
    now: dict[str, list[Any]] = {}
    ready = []
    for path in sorted(inbox.glob("**/*")):
        name = str(path.relative_to(inbox))
        if (path.is_symlink() or path.is_file()) and not any(
            part.startswith(".") for part in path.relative_to(inbox).parts
        ):
            stat = path.lstat()
            before = seen.get(name, [0, -1, "", ""])
            stamp = [stat.st_mtime_ns, stat.st_size]
            loaded = before[3]
            if before[:2] != stamp:
                now[name] = [*stamp, "", loaded]
            elif before[2]:
                now[name] = before
            else:
                sha = _sha256(path)
                now[name] = [*stamp, sha, sha]
                if sha != loaded:
                    ready.append(name)
    return now, ready


def due_again(now: dict[str, list[Any]], seconds: float) -> list[str]:
    """Files that a run was asked to load and did not: a full disk, a killed run, a contract not yet written.

    A file that was rejected is not among them: the ledger knows its bytes.
    """
    return [name for name, stamp in now.items() if len(stamp) > NEXT and stamp[NEXT] <= seconds]


def asked_for(stamp: list[Any], seconds: float, *, done: bool) -> list[Any]:
    """The stamp with one more attempt and when to look again; without both once the bytes went through."""
    if done:
        return stamp[:ATTEMPTS]
    attempts = stamp[ATTEMPTS] + 1 if len(stamp) > ATTEMPTS else 1
    pause = SECONDS_TO_NEXT_TRY[min(attempts, len(SECONDS_TO_NEXT_TRY)) - 1]
    return [*stamp[:ATTEMPTS], attempts, seconds + pause]


def _sha256(path: Path) -> str:
    if path.is_symlink():  # never followed: a run is asked for it once, to say that links are not taken in
        return hashlib.sha256(str(path.readlink()).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _request(home: Home, names: list[str], stamps: dict[str, list[Any]]) -> dg.RunRequest:
    key = hashlib.sha256(
        "|".join(f"{name}@{stamps[name][2]}@{stamps[name][ATTEMPTS]}" for name in names).encode()
    ).hexdigest()
    paths = [str(home.inbox / name) for name in names]
    return dg.RunRequest(
        run_key=key,
        run_config={"ops": {"load_deliveries": {"config": {"paths": paths}}}},
        tags={"from": "inbox"},
    )


# ---- due dates -------------------------------------------------------------------------------------------
def due_check(home: Home) -> dg.AssetChecksDefinition:
    """One check per raw table: has every delivery come that is due? Overdue ones get empty partitions."""
    entities = list(load_entities())

    @dg.multi_asset_check(
        name="look_for_late_deliveries",  # a step may not be called like the job
        specs=[
            dg.AssetCheckSpec(
                DUE_CHECK, asset=raw_key(entity), description="Every delivery due by today has come."
            )
            for entity in entities
        ],
        can_subset=True,
    )
    def deliveries_due_check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        late = late_deliveries(home, dt.date.today())
        wanted = {key.asset_key for key in context.selected_asset_check_keys}
        for entity in entities:
            if raw_key(entity) in wanted:
                yield _result(context.instance, entity, [owed for owed in late if owed.entity == entity])
        remind(late)

    return deliveries_due_check


def late_deliveries(home: Home, today: dt.date) -> list[DueDelivery]:
    """Late by the contracts and the ledger; a delivery due today still has the day."""
    waiting = periods_waiting(home)
    return deliveries_due(load_configuration(), periods_in_force(home), today, days_ahead=-1, waiting=waiting)


def _result(instance: dg.DagsterInstance, entity: str, late: list[DueDelivery]) -> dg.AssetCheckResult:
    keys = [partition_key(owed.extract_id, owed.school_year, owed.collection) for owed in late]
    if keys:
        instance.add_dynamic_partitions(f"deliveries/{entity}", keys)
    records = [
        dg.TableRecord({"delivery": key, "due": str(owed.due), "days_late": owed.days_late})
        for key, owed in zip(keys, late, strict=True)
    ]
    columns = [dg.TableColumn("delivery"), dg.TableColumn("due"), dg.TableColumn("days_late", "int")]
    return dg.AssetCheckResult(
        asset_key=raw_key(entity),
        check_name=DUE_CHECK,
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{counted(len(late), 'delivery is', 'deliveries are') if late else 'Nothing is'} late",
        metadata={
            "late": len(late),
            "deliveries": dg.MetadataValue.table(records, dg.TableSchema(columns)),
        },
    )


def remind(late: list[DueDelivery]) -> None:
    """Tell people of deliveries on their first late day and once a week after it."""
    lines = [
        f"{owed.extract_id} {owed.period}: due {owed.due}, {counted(owed.days_late, 'day')} late"
        for owed in late
        if owed.days_late % DAYS_BETWEEN_REMINDERS == 1
    ]
    if lines:
        notify(f"Milepost: {counted(len(lines), 'delivery is', 'deliveries are')} late", lines)


def failure_sensor() -> dg.SensorDefinition:
    """A run that fails is told to people: job, steps and reasons, without a value of any record."""

    @dg.run_failure_sensor(
        name="tell_of_failures",
        monitor_all_code_locations=True,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Logs every failed run and posts it to MILEPOST_WEBHOOK.",
    )
    def tell_of_failures(context: dg.RunFailureSensorContext) -> None:
        steps = [
            f"{event.step_key}: {without_values(event.event_specific_data.error_display_string)}"  # type: ignore[union-attr]
            for event in context.get_step_failure_events()
        ]
        run = context.dagster_run
        notify(
            f"Milepost: the run `{run.job_name}` failed ({run.run_id[:8]})",
            steps or [context.failure_event.message or ""],
        )

    return tell_of_failures
