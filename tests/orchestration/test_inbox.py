"""What the inbox sensor sends to a run: whole files, once, until their bytes change."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from ingestion.home import Home
from orchestration.jobs import load_job, resources
from orchestration.sensors import asked_for, due_again, inbox_sensor, look
from tests.orchestration.conftest import GOOD

Drop = Callable[[str, str], Path]


def test_a_file_waits_until_two_looks_see_it_unchanged(home: Home, drop: Drop) -> None:
    drop("a.csv", "1")
    seen, ready = look(home.inbox, {})
    assert ready == []
    seen, ready = look(home.inbox, seen)
    assert ready == ["a.csv"]
    assert look(home.inbox, seen)[1] == []


def test_a_file_that_grows_between_two_looks_waits_on(home: Home, drop: Drop) -> None:
    drop("a.csv", "1")
    seen, _ = look(home.inbox, {})
    drop("a.csv", "12")
    seen, ready = look(home.inbox, seen)
    assert ready == []
    assert look(home.inbox, seen)[1] == ["a.csv"]


def test_the_same_bytes_touched_are_not_sent_again_but_new_bytes_are(home: Home, drop: Drop) -> None:
    path = drop("a.csv", "1")
    seen: dict[str, list[object]] = {}
    for _ in range(2):
        seen, _ready = look(home.inbox, seen)
    os.utime(path, (1, 1))
    for _ in range(2):
        seen, ready = look(home.inbox, seen)
        assert ready == []
    drop("a.csv", "2")
    ready = []
    for _ in range(2):
        seen, ready = look(home.inbox, seen)
    assert ready == ["a.csv"]


def test_files_in_folders_count_and_hidden_ones_do_not(home: Home, drop: Drop) -> None:
    (home.inbox / "north").mkdir()
    drop("north/a.csv", "1")
    drop(".a.csv.part", "1")
    seen, _ = look(home.inbox, {})
    assert look(home.inbox, seen)[1] == ["north/a.csv"]


def test_a_link_is_not_followed_and_is_refused_by_name(home: Home, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from orchestration.cli import app

    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "attendance_2024.csv").write_text(GOOD)
    (home.inbox / "attendance_2024.csv").symlink_to(outside / "attendance_2024.csv")
    (home.inbox / "north").symlink_to(outside)
    done = CliRunner().invoke(app, ["load"])
    assert done.exit_code == 1
    assert "attendance_2024.csv: is a link, not a file." in done.output.replace("\n", "")
    assert not home.ledger.exists()
    through_folder = CliRunner().invoke(app, ["load", str(home.inbox / "north" / "attendance_2024.csv")])
    assert "north: is a link, not a file." in through_folder.output.replace("\n", "")
    # the sensor reads the link, not what it leads to, and sends it to a run that says so
    seen, _ = look(home.inbox, {})
    seen, ready = look(home.inbox, seen)
    assert ready == ["attendance_2024.csv", "north"]
    (outside / "attendance_2024.csv").write_text("changed")
    assert look(home.inbox, look(home.inbox, seen)[0])[1] == []


def test_one_run_takes_all_new_files(home: Home, drop: Drop) -> None:
    drop("a.csv", "1")
    drop("b.csv", "2")
    sensor = inbox_sensor(home, load_job(home))
    with dg.instance_for_test() as instance:
        first = sensor(dg.build_sensor_context(instance, cursor=None))
        second = sensor(dg.build_sensor_context(instance, cursor=first.cursor))
        third = sensor(dg.build_sensor_context(instance, cursor=second.cursor))
    (request,) = second.run_requests
    paths = request.run_config["ops"]["load_deliveries"]["config"]["paths"]
    assert paths == [str(home.inbox / "a.csv"), str(home.inbox / "b.csv")]
    assert not first.run_requests
    assert not third.run_requests
    assert set(json.loads(second.cursor)) == {"a.csv", "b.csv"}


def test_the_request_is_valid_configuration_of_the_load_job(home: Home, drop: Drop) -> None:
    path = drop("a.csv", "1")
    job = load_job(home)
    assert set(resources(home)) >= {"progress", "writer"}
    config = {"ops": {"load_deliveries": {"config": {"paths": [str(path)]}}}}
    assert dg.validate_run_config(job, config)["ops"]["load_deliveries"]["config"]["paths"] == [str(path)]


def test_the_same_bytes_under_another_years_name_are_sent_and_refused(home: Home, drop: Drop) -> None:
    from typer.testing import CliRunner

    from orchestration.cli import app

    drop("attendance_2024.csv", GOOD)
    assert CliRunner().invoke(app, ["load"]).exit_code == 0
    drop("attendance_2025.csv", GOOD)
    sensor = inbox_sensor(home, load_job(home))
    with dg.instance_for_test() as instance:
        first = sensor(dg.build_sensor_context(instance, cursor=None))
        (request,) = sensor(dg.build_sensor_context(instance, cursor=first.cursor)).run_requests
    (path,) = request.run_config["ops"]["load_deliveries"]["config"]["paths"]
    assert path == str(home.inbox / "attendance_2025.csv")
    done = CliRunner().invoke(app, ["load", path])
    assert (done.exit_code, "has the same content as" in done.output.replace("\n", " ")) == (1, True)


def test_what_the_command_line_has_loaded_is_not_sent_again(home: Home, drop: Drop) -> None:
    from typer.testing import CliRunner

    from orchestration.cli import app

    drop("attendance_2024.csv", GOOD)
    assert CliRunner().invoke(app, ["load"]).exit_code == 0
    sensor = inbox_sensor(home, load_job(home))
    with dg.instance_for_test() as instance:
        first = sensor(dg.build_sensor_context(instance, cursor=None))
        assert not sensor(dg.build_sensor_context(instance, cursor=first.cursor)).run_requests


def test_a_file_no_run_could_load_is_asked_for_again_later_and_not_for_ever_at_once() -> None:
    first = asked_for([1, 1, "sha", "sha"], 0, done=False)
    assert due_again({"a.csv": first}, 3599) == []
    assert due_again({"a.csv": first}, 3600) == ["a.csv"]
    second = asked_for(first, 3600, done=False)
    assert due_again({"a.csv": second}, 3600 + 4 * 3600 - 1) == []
    assert due_again({"a.csv": asked_for(second, 0, done=True)}, 10**9) == []


def test_each_attempt_is_a_run_of_its_own(home: Home, drop: Drop) -> None:
    drop("a.csv", "1")
    sensor = inbox_sensor(home, load_job(home))
    with dg.instance_for_test() as instance:
        first = sensor(dg.build_sensor_context(instance, cursor=None))
        second = sensor(dg.build_sensor_context(instance, cursor=first.cursor))
        stamps = json.loads(second.cursor)
        stamps["a.csv"][5] = 0  # the hour is over
        again = sensor(dg.build_sensor_context(instance, cursor=json.dumps(stamps)))
    assert again.run_requests[0].run_key != second.run_requests[0].run_key
