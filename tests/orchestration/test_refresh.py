"""The refresh from end to end: a release, a failed test that blocks one, the lock, the prepared manifest."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import ingestion.configuration.tables
from ingestion.home import Home
from ingestion.vault_key import vault_key
from ingestion.warehouse_file import open_warehouse, warehouse_key
from orchestration.cli import app
from orchestration.progress import Progress
from orchestration.writer import one_writer
from publishing.dbt_project import DBT_PROJECT
from tests.orchestration.conftest import GOOD, STUDENTS
from tests.warehouse_to_write import write_warehouse

Drop = Callable[[str, str], Path]
pytestmark = pytest.mark.xdist_group("orchestration")


def milepost(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.slow
def test_a_refresh_publishes_and_a_failed_test_leaves_the_last_release(
    home: Home, drop: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("attendance_2025.csv", GOOD)
    drop("students_2025.csv", STUDENTS)
    assert milepost("load").exit_code == 0
    done = milepost("refresh", "--notes", "The first one.", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["release_id"], told["is_new"]) == ("r0001", True)
    # four children are too few to be shown anywhere, and no crosswalk translates F and M
    assert told["hidden"] > 0
    assert told["unmapped"] == {"north.person gender": 4}
    assert told["years_gone"] == []
    assert {"Identity: done", "Release: done"} <= {
        line.split(" after ")[0] for line in done.stderr.splitlines()
    }
    assert "values are hidden to protect small groups" in done.stderr
    assert "north.person gender (4 rows)" in done.stderr
    assert 'milepost query --warehouse "from marts.unmapped_codes"' in done.stderr
    unmapped = milepost("query", "--warehouse", "select field, n_rows from marts.unmapped_codes", "--csv")
    assert unmapped.stdout == "field,n_rows\ngender,4\n"
    of_a_view = milepost("query", "--warehouse", "select count(*) as n from staging.stg_person", "--csv")
    assert of_a_view.stdout == "n\n4\n"
    assert milepost("query", "--warehouse", "drop table marts.unmapped_codes").exit_code == 2
    assert "crosswalks/<partner>.csv" in done.stderr
    assert not readable_at_rest(home)
    with write_warehouse(home) as con:  # a writer can open it: the build let the file go
        assert con.execute("select count(*) from marts.fct_attendance").fetchone() == (4,)
        # as a version before may have left it
        con.execute("alter table codes.disaggregates drop column no_title")
    again = milepost("refresh")
    assert (again.exit_code, "No published number changed" in again.output) == (0, True), again.output
    shows_on_the_assets(home, passed=True)
    answer = milepost("query", "select release_id, notes from releases", "--json")
    assert json.loads(answer.stdout) == [{"release_id": "r0001", "notes": "The first one."}]
    nearest = milepost("query", "select * from pg_enm")
    assert "pg_enum" not in nearest.output
    assert "indicator_values" in nearest.output
    assert "Did you mean 'geographies'?" in milepost("query", "select * from geographys").output
    wrong = milepost("query", "select nothing from nowhere")
    assert wrong.exit_code == 2
    assert "Traceback" not in wrong.output
    writing = milepost("query", "drop table indicators")
    assert writing.exit_code == 2
    assert "only reads, with one SELECT; DROP is none. Ask" in " ".join(writing.output.split())
    pointed = milepost("query", "selec 1")
    assert pointed.exit_code == 2
    assert "LINE 1" not in pointed.output
    assert "^" not in pointed.output
    assert milepost("query", "describe indicators").exit_code == 0

    # were it not refused when it is read, a wrong conformed code in a crosswalk would fail a dbt test
    monkeypatch.setattr(ingestion.configuration.tables, "unknown_code", lambda *_: None)
    crosswalk = tmp_path / "communities" / "lakeside" / "crosswalks" / "north.csv"
    crosswalk.parent.mkdir()
    crosswalk.write_text("field,partner_code,conformed_code\ngender,F,martian\n")
    decided = decisions(home)
    broken = milepost("refresh")
    assert broken.exit_code == 1
    assert "crosswalk_codes_are_known" in broken.output
    assert "last release" in broken.output
    shows_on_the_assets(home, passed=False)
    assert home.current_release.resolve().name == "r0001"
    assert decisions(home) == decided, "disclosure control ran on a broken build"

    crosswalk.unlink()
    unchanged = json.loads(milepost("refresh", "--json").stdout)
    assert (unchanged["success"], unchanged["release_id"], unchanged["is_new"]) == (True, "r0001", False)
    said = " ".join(milepost("refresh", "--notes", "Again.").output.split())
    assert "No published number changed" in said
    assert "r0001 is still current" in said
    assert "The notes were not taken" in said
    assert "Published" not in said


def readable_at_rest(home: Home) -> list[str]:
    """What stands in the bytes of the warehouse of its children, and files of the home that hold a key."""
    with open_warehouse(home) as con:
        children = con.execute("select distinct person_id from marts.fct_attendance").fetchall()
    assert len(children) == 4
    at_rest, key = home.warehouse.read_bytes(), vault_key(home)
    keys = [key.text.encode(), warehouse_key(key).text.encode()]
    files = [path for path in home.root.rglob("*") if path.is_file()]
    return [
        *(person for (person,) in children if person.encode() in at_rest),
        *(str(path) for path in files if any(text in path.read_bytes() for text in keys)),
    ]


def decisions(home: Home) -> int:
    """DuckDB's number of the table: another one each time that it is built."""
    with open_warehouse(home) as con:
        sql = "select table_oid from duckdb_tables() where table_name = 'cell_suppression'"
        (found,) = con.execute(sql).fetchall()
    return int(found[0])


def shows_on_the_assets(home: Home, passed: bool) -> None:
    """The run's materializations and the check of the crosswalk, as Dagster's UI has them."""
    import dagster as dg

    from orchestration.settings import dagster_instance

    instance = dagster_instance(home)
    made = {key.to_user_string() for key in instance.get_asset_keys()}
    built = (
        "reference/crosswalks",
        "identity/person_links",
        "identity/place_links",
        "marts/fct_student_year",
    )
    assert made.issuperset([*built, "disclosure/cell_suppression", "published/releases", "published/release"])
    key = dg.AssetCheckKey(dg.AssetKey(["staging", "stg_crosswalk"]), "crosswalk_codes_are_known")
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])
    assert found[key].status.value == ("SUCCEEDED" if passed else "FAILED")


def test_a_second_writer_says_so_and_waits(home: Home) -> None:
    code = (
        "import sys; from pathlib import Path; from ingestion.home import Home;"
        "from orchestration.writer import one_writer; from orchestration.progress import Progress\n"
        f"with one_writer(Home(Path({str(home.root)!r})), Progress()):\n"
        "    print('held', flush=True); sys.stdin.readline()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    said: list[str] = []

    class Listener(Progress):
        def waiting(self, message: str) -> None:
            said.append(message)
            assert holder.stdin is not None
            holder.stdin.write("\n")
            holder.stdin.flush()

    with one_writer(home, Listener()):
        assert holder.wait(timeout=30) == 0
    assert len(said) == 1
    assert f"process {holder.pid}" in said[0]


def test_the_manifest_is_parsed_once_and_again_when_a_file_changes(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import warehouse

    assert home.root.exists()
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", "generated"))
    parsed: list[Path] = []

    def parse(project: Path, target: Path) -> None:
        parsed.append(project)
        (target / "manifest.json").write_text("{}")

    monkeypatch.setattr(warehouse, "_parse", parse)
    warehouse.prepared_manifest(project)
    warehouse.prepared_manifest(project)
    assert len(parsed) == 1
    assert (project / "macros" / "generated" / "registered_indicators.sql").exists()
    model = next(project.glob("models/staging/*.sql"))
    model.write_text(model.read_text() + "\n-- a remark\n")
    warehouse.prepared_manifest(project)
    assert len(parsed) == 2


def test_a_parse_that_failed_is_tried_again(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingestion.errors import MilepostError
    from orchestration import warehouse

    assert home.root.exists()
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", "generated"))
    tries: list[int] = []

    def fail(_project: Path, _target: Path) -> None:
        tries.append(1)
        raise MilepostError("does not parse")

    monkeypatch.setattr(warehouse, "_parse", fail)
    for _ in range(2):
        with pytest.raises(MilepostError):
            warehouse.prepared_manifest(project)
    assert len(tries) == 2
