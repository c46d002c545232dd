"""What the command line says and how it ends when there is nothing, something wrong, or a fault."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ingestion.home import Home
from orchestration.cli import app
from tests.orchestration.conftest import GOOD, NO_SCHOOL

Drop = Callable[[str, str], Path]
pytestmark = pytest.mark.xdist_group("orchestration")
COMMANDS = [
    *("demo", "init", "doctor", "receive", "load", "check", "withdraw", "status"),
    *("contracts", "draft", "refresh", "query", "dev", "down"),
]


def milepost(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = milepost(command, "--help")
    assert done.exit_code == 0
    assert f"Example: milepost {command}" in done.output


def test_a_home_never_used_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.delenv("MILEPOST_COMMUNITIES", raising=False)
    for command in (["status"], ["query", "select 1"]):
        done = milepost(*command)
        assert done.exit_code == 2
        assert "milepost demo" in done.output
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(tmp_path / "communities"))
    for command in (["status"], ["query", "select 1"]):
        own = milepost(*command)
        assert "milepost demo" not in own.output
        assert "`milepost load`" in own.output
    assert "`milepost refresh`" in own.output
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.usefixtures("home")
def test_contracts_are_listed_as_a_table_and_as_json() -> None:
    listed = json.loads(milepost("contracts", "--json").stdout)
    assert [one["extract"] for one in listed] == ["north.attendance", "north.person"]
    assert "attendance_{school_year}*.csv" in milepost("contracts").output


def test_check_judges_without_writing(home: Home, drop: Drop) -> None:
    good, bad = drop("attendance_2024.csv", GOOD), drop("attendance_2025.csv", NO_SCHOOL)
    before = sorted(path for path in home.root.rglob("*"))
    assert milepost("check", str(good)).exit_code == 0
    done = milepost("check", str(bad))
    assert done.exit_code == 1
    assert "school_id" in done.output
    told = json.loads(milepost("check", str(good), "--json").stdout)[0]
    assert (told["outcome"], told["feedback"]) == ("accepted", None)
    assert sorted(path for path in home.root.rglob("*")) == before


def test_a_configuration_error_is_2_with_file_and_line(home: Home, drop: Drop, tmp_path: Path) -> None:
    contract = tmp_path / "communities" / "lakeside" / "extracts" / "north__attendance.yml"
    contract.write_text(contract.read_text().replace("title:", "titel:"))
    done = milepost("load", str(drop("attendance_2024.csv", GOOD)))
    assert done.exit_code == 2
    assert "north__attendance.yml:3" in done.output.replace("\n", "")
    assert "Traceback" not in done.output
    assert not home.ledger.exists()


@pytest.mark.usefixtures("home")
def test_an_unknown_delivery_cannot_be_withdrawn() -> None:
    done = milepost("withdraw", "ffff")
    assert done.exit_code == 1
    assert "no delivery has a load id that begins with 'ffff'" in done.output
    assert "milepost status --list" in done.output


def test_init_makes_a_deployment_that_works_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "partnership"
    assert milepost("init", str(folder), "--community", "harbor", "--partner", "port").exit_code == 0
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(folder / "communities"))
    listed = json.loads(milepost("contracts", "--json").stdout)
    assert [(one["community"], one["extract"]) for one in listed] == [("harbor", "port.attendance")]
    again = milepost("init", str(folder))
    assert again.exit_code == 2
    assert "not empty" in again.output


def test_a_draft_fits_into_what_init_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "partnership"
    assert milepost("init", str(folder), "--partner", "port_schools").exit_code == 0
    place = folder / "communities" / "my_community"
    assert "port_schools: {title: Port Schools," in (place / "community.yml").read_text()
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(folder / "communities"))
    sent = tmp_path / "attendance_2025.csv"
    sent.write_text("Student No,Site Code,Membership Days,Total Absences\n1,A,180,5\n")
    drafted = milepost("draft", str(sent), "--partner", "port_schools", "--entity", "attendance").stdout
    assert "?" not in drafted
    (place / "extracts" / "port_schools__attendance.yml").write_text(drafted)
    (one,) = json.loads(milepost("contracts", "--json").stdout)
    assert (one["agreement"], one["expects"]) == ("first_agreement", {"annual": "08-15"})


def test_init_refuses_a_name_that_is_no_identifier_and_leaves_nothing(tmp_path: Path) -> None:
    assert milepost("init", str(tmp_path / "new"), "--community", "My Town!").exit_code == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("home")
def test_doctor_lists_findings_as_json() -> None:
    findings = {one["what"]: one for one in json.loads(milepost("doctor", "--json").stdout)}
    assert findings["configuration"]["ok"]
    assert findings["release"]["finding"].startswith("none yet")


def test_a_fault_is_3_and_names_its_kind_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    import orchestration.received
    from orchestration.cli import main

    def fault(*_: object) -> None:
        raise ZeroDivisionError("a value of a record")

    monkeypatch.setattr(orchestration.received, "delivery_starting_with", fault)
    monkeypatch.setattr(sys, "argv", ["milepost", "withdraw", "ffff"])
    monkeypatch.delenv("MILEPOST_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 3
    assert "ZeroDivisionError" in said
    assert "a value of a record" not in said


def test_help_needs_none_of_the_heavy_libraries() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from orchestration.cli import app;"
        "heavy = {'dagster', 'dbt', 'duckdb', 'great_expectations', 'pandas', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
