"""Loads through Dagster: what partitions and checks show after each outcome."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner, Result

from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.ledger import Ledger
from orchestration.cli import app
from orchestration.jobs import load_job
from orchestration.partitions import GATE, raw_key
from orchestration.raw import deliveries_partitions
from orchestration.received import waiting_deliveries
from orchestration.settings import DAGSTER_YAML, dagster_instance
from tests.orchestration.conftest import GOOD, NO_SCHOOL, ONE_BAD_ROW, STUDENTS

Drop = Callable[[str, str], Path]
KEY = raw_key("attendance")
pytestmark = pytest.mark.xdist_group("orchestration")


def milepost(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def partition_states(home: Home) -> dict[str, str]:
    """Every partition of raw/attendance with the colour its page shows."""
    instance = dagster_instance(home)
    keys = instance.get_dynamic_partitions("deliveries/attendance")
    found = instance.get_status_by_partition(KEY, keys, deliveries_partitions("attendance")) or {}
    return {key: found[key].value if found.get(key) else "missing" for key in keys}


def gate_states(home: Home) -> dict[str, tuple[bool, str]]:
    """The latest gate result of every partition of raw/attendance: passed, severity."""
    storage = dagster_instance(home).event_log_storage
    states: dict[str, tuple[bool, str]] = {}
    for one in storage.get_asset_check_execution_history(dg.AssetCheckKey(KEY, GATE), limit=100):
        result = one.evaluation
        if result and result.partition and result.partition not in states:
            states[result.partition] = (result.passed, result.severity.value)
    return states


def test_each_outcome_has_its_partition_and_its_check(home: Home, drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    assert milepost("load").exit_code == 0
    drop("attendance_2025.csv", ONE_BAD_ROW)
    assert milepost("load").exit_code == 0
    bad = milepost("load", str(drop("attendance_2025-fall.csv", NO_SCHOOL)), "--collection", "fall")
    assert bad.exit_code == 1
    assert "school_id" in bad.output
    assert partition_states(home) == {
        "north|2024-annual": "MATERIALIZED",
        "north|2025-annual": "MATERIALIZED",
        "north|2025-fall": "FAILED",
    }
    assert gate_states(home) == {
        "north|2024-annual": (True, "WARN"),
        "north|2025-annual": (False, "WARN"),
        "north|2025-fall": (False, "ERROR"),
    }


def test_a_load_says_what_is_in_force_now_what_it_replaced_and_what_comes_next(
    home: Home, drop: Drop
) -> None:
    one_row_off = GOOD.replace("4,B,180,1", "4,B,180,")
    (first,) = json.loads(milepost("load", str(drop("attendance_2024.csv", GOOD)), "--json").stdout)["loaded"]
    assert (first["supersedes"], first["failed"]) == (None, [])
    done = milepost("load", str(drop("attendance_2024_v2.csv", one_row_off)))
    second = next(state for state in Ledger(home.ledger).state() if state.in_force)
    said = " ".join(done.output.split())
    assert f"north.attendance 2024-annual 4 3 1 {second.load_id[:8]} {first['load_id'][:8]}" in said
    assert '1 row held back: north.attendance 2024-annual: Every row needs a value in "Absent".' in said
    assert said.endswith("Next: milepost refresh")
    again = milepost("load", str(drop("attendance_2024_v2.csv", one_row_off)))
    assert "Next:" not in again.output
    third = json.loads(
        milepost("load", str(drop("attendance_2024_v3.csv", GOOD + "5,B,180,1\n")), "--json").stdout
    )
    assert (third["loaded"][0]["supersedes"], third["next"]) == (second.load_id, "milepost refresh")


@pytest.mark.usefixtures("home")
def test_a_stray_file_in_the_inbox_is_told_and_is_no_failure(drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    stray = drop("nobody.csv", "a\n1\n")
    for _ in range(2):
        done = milepost("load")
        assert done.exit_code == 0
        assert done.output.count("Left in the inbox: ") == 1
        assert "no contract expects a file of this name" in done.output
    assert stray.exists()
    assert milepost("load", str(stray)).exit_code == 1
    drop("attendance_2019.csv", GOOD)
    assert milepost("load").exit_code == 1


def test_the_folder_one_stands_in_is_named_as_any_other(
    home: Home, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop("attendance_2024.csv", GOOD)
    monkeypatch.chdir(home.inbox)
    checked = milepost("check", ".")
    assert (checked.exit_code, "is not a file" in checked.stderr) == (1, True)
    assert milepost("receive", ".").exit_code == 0
    (received,) = Ledger(home.ledger).state()
    assert (received.delivery.file_name, received.status) == (path.name, "received")
    (home.inbox / "below").mkdir()
    monkeypatch.chdir(home.inbox / "below")
    assert loaded_id("..") == received.load_id
    for command in ("load", "receive", "check"):
        refused = milepost(command, "/")
        assert refused.exit_code == 1
        assert "/: is the whole disk. Name a file or folder in it" in refused.stderr


def test_a_rejected_correction_turns_the_partition_red_and_the_old_file_stays(home: Home, drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    milepost("load")
    raw = home.raw_file("attendance", "north.attendance", 2024, "annual")
    before = raw.read_bytes()
    assert milepost("load", str(drop("attendance_2024_v2.csv", NO_SCHOOL))).exit_code == 1
    assert partition_states(home) == {"north|2024-annual": "FAILED"}
    assert raw.read_bytes() == before


def test_a_second_load_runs_nothing(home: Home, drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    milepost("load")
    runs = dagster_instance(home).get_runs_count()
    again = json.loads(milepost("load", "--json").stdout)
    assert again == {"loaded": [], "unchanged": 1, "errors": [], "strays": [], "next": None}
    assert dagster_instance(home).get_runs_count() == runs


def test_what_stands_rejected_is_told_when_it_is_loaded_again(drop: Drop) -> None:
    files = [str(drop("attendance_2024.csv", GOOD)), str(drop("attendance_2025.csv", NO_SCHOOL))]
    assert "0 unchanged\n" in milepost("load", *files).stderr
    said = " ".join(milepost("load", *files).stderr.split())
    assert "0 rejected, 2 unchanged, 1 of them rejected: milepost status" in said
    assert "0 rejected, 1 unchanged\n" in milepost("load", files[0]).stderr


def test_what_was_received_before_is_told_as_that(drop: Drop) -> None:
    first = str(drop("attendance_2024.csv", GOOD))
    assert "already" not in milepost("receive", first).output
    both = first, str(drop("attendance_2025.csv", ONE_BAD_ROW))
    said = " ".join(milepost("receive", *both).output.split())
    assert "2 deliveries received, 1 of them there already" in said


def test_many_deliveries_are_one_run_with_facts_on_each_partition(home: Home, drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    drop("attendance_2025.csv", ONE_BAD_ROW)
    drop("students_2025.csv", STUDENTS)
    loaded = json.loads(milepost("load", "--json").stdout)["loaded"]
    assert [one["extract"] for one in loaded] == ["north.attendance", "north.person", "north.attendance"]
    instance = dagster_instance(home)
    assert instance.get_runs_count() == 1
    event = instance.get_latest_materialization_event(KEY)
    assert event is not None
    assert event.asset_materialization is not None
    facts = {name: value.value for name, value in event.asset_materialization.metadata.items()}
    assert (facts["rows"], facts["quarantined"]) == (4, 1)
    assert Path(str(facts["feedback"])).exists()


def test_withdrawing_shows_on_the_partition_and_restores_the_one_before(home: Home, drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    first = json.loads(milepost("load", "--json").stdout)["loaded"][0]["load_id"]
    drop("attendance_2024.csv", GOOD.replace("180,20", "180,21"))
    second = json.loads(milepost("load", "--json").stdout)["loaded"][0]["load_id"]
    told = json.loads(milepost("withdraw", second[:8], "--json").stdout)
    assert told == {"withdrawn": second, "restored": first, "in_force": first, "already": False}
    assert gate_states(home)["north|2024-annual"] == (True, "WARN")
    by_id = {row["load_id"]: row["outcome"] for row in json.loads(milepost("status", "--json").stdout)}
    assert (by_id[first], by_id[second]) == ("accepted", "withdrawn")
    again = milepost("withdraw", first[:8], "--json")
    assert again.exit_code == 0
    told = json.loads(again.stdout)
    assert told == {"withdrawn": first, "restored": None, "in_force": None, "already": False}


def outcomes(home: Home) -> dict[str, str]:
    """Load id -> outcome."""
    return {state.load_id: state.status for state in Ledger(home.ledger).state()}


def loaded_id(*arguments: str) -> str:
    """Load what is named and return the load id of the one delivery in it."""
    (one,) = json.loads(milepost("load", *arguments, "--json").stdout)["loaded"]
    return str(one["load_id"])


def test_a_withdrawn_file_comes_back_when_it_is_named_and_only_then(home: Home, drop: Drop) -> None:
    path = drop("attendance_2024.csv", GOOD)
    first = loaded_id()
    raw = home.raw_file("attendance", "north.attendance", 2024, "annual")
    milepost("withdraw", first)
    left_out = milepost("load")
    assert "withdrawn" in left_out.output
    assert (outcomes(home), raw.exists()) == ({first: "withdrawn"}, False)
    assert loaded_id(str(path)) == first
    assert (outcomes(home), raw.exists()) == ({first: "accepted"}, True)
    ledger = home.ledger.read_bytes()
    assert json.loads(milepost("load", str(path), "--json").stdout)["loaded"] == []
    assert home.ledger.read_bytes() == ledger
    events = [event["event"] for event in Ledger(home.ledger).events()]
    assert events == ["received", "accepted", "withdrawn", "reopened", "accepted"]


def test_a_withdrawn_delivery_goes_through_the_gate_again(home: Home, drop: Drop, tmp_path: Path) -> None:
    path = drop("attendance_2024.csv", ONE_BAD_ROW)
    load_id = loaded_id()
    milepost("withdraw", load_id)
    contract = tmp_path / "communities" / "lakeside" / "extracts" / "north__attendance.yml"
    contract.write_text(contract.read_text().replace("quarantined: 0.5", "quarantined: 0.1"))
    assert milepost("load", str(path)).exit_code == 1
    assert "rejected" in outcomes(home).values()


def test_withdrawing_what_was_superseded_restores_nothing(home: Home, drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    first = loaded_id()
    drop("attendance_2024.csv", GOOD.replace("180,20", "180,21"))
    second = loaded_id()
    for already in (False, True):
        told = json.loads(milepost("withdraw", first, "--json").stdout)
        assert told == {"withdrawn": first, "restored": None, "in_force": second, "already": already}
    assert outcomes(home) == {first: "withdrawn", second: "accepted"}


def test_withdrawing_again_says_so_and_changes_nothing(home: Home, drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    first = loaded_id()
    drop("attendance_2024.csv", GOOD.replace("180,20", "180,21"))
    second = loaded_id()
    assert "In force again" in milepost("withdraw", second).output
    ledger, shown = home.ledger.read_bytes(), gate_states(home)
    again = milepost("withdraw", second, "--reason", "once more")
    assert again.exit_code == 0
    said = " ".join(again.output.split())
    assert f"Nothing changed: north.attendance 2024-annual ({second}) was withdrawn already." in said
    assert f"In force is {first}" in said
    assert "Withdrawn:" not in said
    assert (home.ledger.read_bytes(), gate_states(home)) == (ledger, shown)


def test_a_partition_can_be_loaded_from_the_page_again(home: Home, drop: Drop) -> None:
    from orchestration.jobs import resources
    from orchestration.raw import raw_assets

    drop("attendance_2024.csv", GOOD)
    milepost("receive", str(home.inbox))
    instance = dagster_instance(home)
    instance.add_dynamic_partitions("deliveries/attendance", ["north|2024-annual"])
    (attendance,) = [asset for asset in raw_assets(home) if KEY in asset.keys]
    result = dg.materialize(
        [attendance], instance=instance, partition_key="north|2024-annual", resources=resources(home)
    )
    assert result.success
    assert partition_states(home) == {"north|2024-annual": "MATERIALIZED"}


def test_a_run_from_the_inbox_names_files_it_could_not_take(home: Home, drop: Drop) -> None:
    from orchestration.jobs import resources

    config = {"paths": [str(drop("attendance_2024.csv", GOOD)), str(drop("nobody.csv", "a\n1\n"))]}
    result = load_job(home).execute_in_process(
        run_config={"ops": {"load_deliveries": {"config": config}}},
        instance=dagster_instance(home),
        resources=resources(home),
        raise_on_error=False,
    )
    assert not result.success
    assert partition_states(home) == {"north|2024-annual": "MATERIALIZED"}


def test_late_deliveries_get_a_warning_and_an_empty_partition(home: Home, drop: Drop) -> None:
    from orchestration.sensors import due_check

    drop("attendance_2024.csv", GOOD)
    milepost("load")
    instance = dagster_instance(home)
    result = dg.materialize(
        [due_check(home)], instance=instance, selection=dg.AssetSelection.all_asset_checks()
    )
    by_asset = {one.asset_key: one for one in result.get_asset_check_evaluations()}
    assert not by_asset[KEY].passed
    assert by_asset[raw_key("diploma")].passed
    assert partition_states(home) == {
        "north|2024-annual": "MATERIALIZED",
        "north|2025-annual": "missing",
        "north|2025-fall": "missing",
    }


def test_a_new_instance_hears_of_what_is_in_force(home: Home, drop: Drop) -> None:
    drop("attendance_2024.csv", GOOD)
    milepost("load")
    shutil.rmtree(home.dagster)
    assert partition_states(home) == {"north|2024-annual": "MATERIALIZED"}


def edit(folder: Path, old: str, new: str) -> None:
    """Edit the contract of attendance."""
    contract = folder / "communities" / "lakeside" / "extracts" / "north__attendance.yml"
    assert old in contract.read_text()
    contract.write_text(contract.read_text().replace(old, new))


@pytest.mark.parametrize("how", [(), ("inbox/attendance_2024.csv",)])
def test_what_is_loaded_after_an_edit_is_a_load_under_the_edited_contract(
    home: Home, drop: Drop, tmp_path: Path, how: tuple[str, ...]
) -> None:
    drop("attendance_2024.csv", ONE_BAD_ROW)
    milepost("receive", str(home.inbox))
    (before,) = outcomes(home)
    edit(tmp_path, "quarantined: 0.5", "quarantined: 0.4")
    after = loaded_id(*[str(home.root / name) for name in how])
    assert after != before
    assert outcomes(home) == {before: "outdated", after: "accepted_with_quarantine"}
    assert json.loads(milepost("load", "--json").stdout)["loaded"] == []
    assert [row["load_id"] for row in json.loads(milepost("status", "--json").stdout)][:1] == [after]
    # the first wording again: what had only waited under it is a delivery like any other
    edit(tmp_path, "quarantined: 0.4", "quarantined: 0.5")
    assert loaded_id(str(home.inbox)) == before
    assert outcomes(home) == {before: "accepted_with_quarantine", after: "superseded"}


def test_a_partition_loaded_from_the_page_after_an_edit_is_judged_by_the_edit(
    home: Home, drop: Drop, tmp_path: Path
) -> None:
    from orchestration.jobs import resources
    from orchestration.raw import raw_assets

    drop("attendance_2024.csv", GOOD)
    before = loaded_id()
    edit(tmp_path, "quarantined: 0.5", "quarantined: 0.4")
    (attendance,) = [asset for asset in raw_assets(home) if KEY in asset.keys]
    instance = dagster_instance(home)
    for _ in range(2):
        result = dg.materialize(
            [attendance], instance=instance, partition_key="north|2024-annual", resources=resources(home)
        )
        assert result.success
    states = outcomes(home)
    assert (states.pop(before), list(states.values())) == ("superseded", ["accepted"])


@pytest.mark.usefixtures("home")
def test_a_rejection_is_told_until_a_later_delivery_of_its_period_is_accepted(drop: Drop) -> None:
    assert milepost("load", str(drop("attendance_2024.csv", NO_SCHOOL))).exit_code == 1
    assert "Rejected; what was in force" in milepost("status").output
    assert milepost("load", str(drop("attendance_2024.csv", GOOD))).exit_code == 0
    assert "Rejected; what was in force" not in milepost("status").output
    assert milepost("load", str(drop("attendance_2024.csv", NO_SCHOOL + "2,170,4\n"))).exit_code == 1
    assert "Rejected; what was in force" in milepost("status").output


DIES_OVER = """
import os, signal, sys
from expectations import landed_file

real = landed_file.read_source

def dies(con, path, *args, **kwargs):
    if path.name == "attendance_2024.csv":
        os.kill(os.getpid(), signal.SIGKILL)
    return real(con, path, *args, **kwargs)

landed_file.read_source = dies
sys.argv = ["milepost", "load"]
from orchestration.cli import main
main()
"""


def test_a_delivery_that_kills_the_process_does_not_stand_in_the_way_of_others(
    home: Home, drop: Drop
) -> None:
    path = drop("attendance_2024.csv", GOOD)

    def load() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", DIES_OVER], capture_output=True, text=True, check=False)

    assert load().returncode == -9
    drop("students_2024.csv", STUDENTS)
    drop("attendance_2025.csv", ONE_BAD_ROW)
    assert load().returncode == -9
    states = {state.delivery.file_name: state for state in Ledger(home.ledger).state()}
    assert {name: state.status for name, state in states.items()} == {
        "attendance_2024.csv": "received",
        "students_2024.csv": "accepted",
        "attendance_2025.csv": "received",  # to be compared with that of 2024, so it waits once more
    }
    bad = states["attendance_2024.csv"].load_id
    left_out = load()
    assert left_out.returncode == 1
    said = " ".join(left_out.stderr.split())
    assert "attendance_2024.csv: north.attendance 2024-annual was left out: twice in a row" in said
    assert f"`milepost withdraw {bad[:8]}`" in said
    states = {state.delivery.file_name: state for state in Ledger(home.ledger).state()}
    assert states["attendance_2025.csv"].status == "accepted_with_quarantine"
    assert milepost("withdraw", bad).exit_code == 0
    assert milepost("load").exit_code == 0
    assert loaded_id(str(path)) == bad


def test_a_kill_after_a_delivery_was_done_leaves_no_mark_of_it(home: Home, drop: Drop) -> None:
    from ingestion.attempts import crashes

    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    done = loaded_id(str(drop("attendance_2024.csv", GOOD)))
    (home.load_attempts / done).write_text(f"{int(gone.stdout)} 1")
    assert crashes(home) == {done: 1}
    assert milepost("load", str(drop("students_2024.csv", STUDENTS))).exit_code == 0
    assert list(home.load_attempts.iterdir()) == []


HOLDS = """
import sys
from ingestion.home import Home
from orchestration.progress import Progress
from orchestration.writer import one_loader

with one_loader(Home.from_environment(), Progress()):
    print("held", flush=True)
    sys.stdin.readline()
"""


def another_loader() -> subprocess.Popen[str]:
    """A process that holds the right to load until it gets a line."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_load_that_is_told_to_stop_says_so_and_goes_on_the_next_time(
    home: Home, drop: Drop, stop: signal.Signals, code: int
) -> None:
    path = drop("attendance_2024.csv", GOOD)
    holder = another_loader()
    command = [sys.executable, "-c", "from orchestration.cli import main; main()", "load", str(path)]
    load = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert load.stderr is not None
    while "Deliveries are being loaded" not in load.stderr.readline():
        pass
    load.send_signal(stop)
    said = load.communicate(timeout=60)[1]
    holder.communicate("\n", timeout=30)
    assert "Stopped; what is in force is whole. Run the command again to go on." in said
    assert "fault" not in said
    assert load.returncode == code
    assert list(outcomes(home).values()) == ["received"]
    assert subprocess.run(command, capture_output=True, timeout=120).returncode == 0
    assert list(outcomes(home).values()) == ["accepted"]


def test_a_second_load_waits_until_the_first_has_ended(home: Home, drop: Drop) -> None:
    path = drop("attendance_2024.csv", GOOD)
    holder = another_loader()
    command = [sys.executable, "-c", "from orchestration.cli import main; main()", "load", str(path)]
    second = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert second.stderr is not None
    said = second.stderr.readline() + second.stderr.readline()
    assert f"Deliveries are being loaded (process {holder.pid}" in " ".join(said.split())
    assert list(outcomes(home).values()) == ["received"]
    holder.communicate("\n", timeout=30)
    assert second.wait(timeout=60) == 0
    assert list(outcomes(home).values()) == ["accepted"]


def test_a_home_killed_in_its_first_use_gets_its_databases(home: Home, drop: Drop) -> None:
    shutil.rmtree(home.dagster, ignore_errors=True)
    (home.dagster / "history").mkdir(parents=True)
    shutil.copyfile(DAGSTER_YAML, home.dagster / "dagster.yaml")
    with sqlite3.connect(home.dagster / "event_log.db") as half_made:
        half_made.execute("create table event_logs (id integer)")
    (home.dagster / "history" / "runs.db").write_bytes(b"")
    drop("attendance_2024.csv", GOOD)
    done = milepost("load")
    assert (done.exit_code, "1 accepted" in done.output) == (0, True), done.output
    assert len(gate_states(home)) == 1


def test_the_years_of_a_file_that_waits_as_a_whole_do_not_wait_beside_it(home: Home) -> None:
    whole = Delivery(
        "w", "north.diploma", "lakeside", "north", "diploma", None, None, "a", "d.csv", home.landing, "f"
    )
    year, other = whole.for_year(2024), replace(whole.for_year(2023), sha256="b")
    Ledger(home.ledger).append(*(one.event("received") for one in (whole, year, other)))
    assert [one.load_id for one in waiting_deliveries(home, [], everything=True)] == ["w", other.load_id]
