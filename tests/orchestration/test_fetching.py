"""`milepost fetch` and its schedules, with a real SFTP server behind them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ingestion.home import Home
from orchestration.cli import app
from tests.ingestion.connectors.servers import SftpServer
from tests.orchestration.conftest import GOOD, ONE_BAD_ROW

pytestmark = pytest.mark.xdist_group("orchestration")


def milepost(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    made = SftpServer(folder)
    monkeypatch.setenv("COC_SFTP_USER", "partner")
    monkeypatch.setenv("COC_SFTP_PASSWORD", "right")
    configure(made)
    yield made
    made.close()


def configure(server: SftpServer, more: str = "") -> Path:
    path = Path(os.environ["MILEPOST_COMMUNITIES"]) / "lakeside" / "sources.yml"
    path.write_text(
        "sources:\n  north_sftp:\n    partner: north\n"
        f"    url: sftp://127.0.0.1:{server.port}/\n    credentials: COC_SFTP\n"
        f"    host_key: {server.fingerprint}\n    files: ['attendance_*.csv', 'read_me*']\n{more}"
    )
    return path


def put(server: SftpServer, name: str, text: str) -> None:
    path = server.folder / name
    path.write_text(text)
    os.utime(path, (1_700_000_000, 1_700_000_000))


def test_fetched_files_are_received_and_then_loaded_once(home: Home, server: SftpServer) -> None:
    put(server, "attendance_2024.csv", GOOD)
    put(server, "read_me.csv", "not a delivery")
    done = milepost("fetch", "--json")
    facts = json.loads(done.stdout)
    assert done.exit_code == 0, done.output
    assert facts["sources"][0] == {
        "source": "north_sftp", "files": [str(home.inbox / "north_sftp" / "attendance_2024.csv")],
        "unchanged": 0, "still_written": [], "unexpected": ["read_me.csv"], "problems": [],
    }  # fmt: skip
    assert [one["extract"] for one in facts["received"]] == ["north.attendance"]
    assert facts["next"] == "milepost load"
    again = json.loads(milepost("fetch", "north_sftp", "--json").stdout)
    assert (again["sources"][0]["unchanged"], again["received"], again["next"]) == (1, [], None)
    assert milepost("load").exit_code == 0
    assert json.loads(milepost("load", "--json").stdout)["loaded"] == []
    put(server, "attendance_2024.csv", ONE_BAD_ROW)
    loaded = json.loads(milepost("fetch", "--load", "--json").stdout)
    assert [one["outcome"] for one in loaded["loaded"]] == ["accepted_with_quarantine"]
    assert loaded["next"] == "milepost refresh"


def test_exit_codes_tell_a_trouble_from_a_wrong_configuration(
    home: Home, server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = milepost("fetch", "north_stfp")
    assert (done.exit_code, "Did you mean 'north_sftp'?" in done.output) == (2, True)
    monkeypatch.setenv("COC_SFTP_PASSWORD", "Q7wrongQ7")
    done = milepost("fetch")
    assert (done.exit_code, "the server refused the login" in done.output) == (1, True)
    assert "Q7wrongQ7" not in done.output
    monkeypatch.delenv("COC_SFTP_PASSWORD")
    done = milepost("fetch")
    assert (done.exit_code, "needs the environment variable COC_SFTP_PASSWORD" in done.output) == (2, True)
    path = configure(server, "    password: Q7secretQ7\n")
    done = milepost("fetch")
    assert (done.exit_code, f"{path}:8: 'password' stands in the file." in done.output) == (2, True)
    assert "Q7secretQ7" not in done.output
    path.unlink()
    done = milepost("fetch")
    assert (done.exit_code, "No source is configured" in done.output) == (2, True)
    assert list(home.inbox.iterdir()) == []


def test_each_source_has_a_schedule_that_is_off_and_the_job_fills_the_inbox(
    home: Home, server: SftpServer
) -> None:
    import dagster as dg

    from orchestration.fetch_job import fetch_job, fetch_schedules

    put(server, "attendance_2024.csv", GOOD)
    job = fetch_job(home)
    (schedule,) = fetch_schedules(job)
    assert (schedule.name, schedule.default_status) == ("fetch_north_sftp", dg.DefaultScheduleStatus.STOPPED)
    config = {"ops": {"fetch_files": {"config": {"sources": ["north_sftp"]}}}}
    assert job.execute_in_process(run_config=config).success
    assert (home.inbox / "north_sftp" / "attendance_2024.csv").read_text() == GOOD
    server.close()
    configure(server, "    timeout_seconds: 1\n").write_text(
        configure(server).read_text().replace(str(server.port), "1")
    )
    failed = job.execute_in_process(run_config=config, raise_on_error=False)
    (event,) = [event for event in failed.all_events if event.event_type_value == "STEP_FAILURE"]
    assert "the server cannot be reached" in str(event.event_specific_data)
