"""Releases: what gets in, what a reader sees while they are made, and what a kill leaves behind."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from published_by_hand import build, publish_content, rows_in_current

from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.lake import take_snapshot
from ingestion.lake.ledger import Ledger
from publishing import release, release_history
from publishing.dbt_project import DBT_PROJECT
from publishing.release import prepare_release, publish
from publishing.release_contents import ReleaseError, direct_identifiers, load_promise
from publishing.release_history import read_history
from tests.warehouse_to_write import write_warehouse


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def test_a_release_is_a_read_only_database_parquet_files_and_a_manifest(home: Home) -> None:
    made = publish_content(home, 2)
    assert (made.release_id, made.is_new) == ("r0001", True)
    manifest = json.loads((home.current_release / "manifest.json").read_text())
    promise = load_promise(DBT_PROJECT)
    assert manifest["tables"].keys() == promise.keys() == made.rows.keys()
    for name, facts in manifest["tables"].items():
        file = made.folder / facts["file"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == facts["sha256"]
        assert duckdb.sql(f"select count(*) from '{file}'").fetchone() == (facts["rows"],)
        assert duckdb.sql(f"from '{file}'").columns == list(promise[name].columns)
    assert all(file.stat().st_mode & 0o777 == 0o444 for file in made.folder.iterdir())
    assert str(home.current_release.readlink()) == "r0001"
    assert str(home.current_database.readlink()) == "current/release.duckdb"


def test_tables_and_columns_carry_the_descriptions_of_the_models(home: Home) -> None:
    publish_content(home, 1)
    promise = load_promise(DBT_PROJECT)
    with duckdb.connect(str(home.current_database), read_only=True) as con:
        tables = con.execute("select table_name, comment from duckdb_tables()").fetchall()
        columns = con.execute(
            "select table_name, column_name, comment from duckdb_columns() where not internal"
        )
        comments = columns.fetchall()
    assert dict(tables) == {name: table.description for name, table in promise.items()}
    assert all(comment == promise[table].columns[column][1] for table, column, comment in comments)


def test_decisions_that_found_no_cell_stop_the_release(home: Home) -> None:
    publish_content(home, 2)
    build(home, 3)
    with write_warehouse(home) as con:
        con.execute("insert into disclosure.cell_suppression values (4)")
    with pytest.raises(ReleaseError, match="1 of 4 decisions"):
        publish(home)
    with write_warehouse(home) as con:
        con.execute("drop table disclosure.cell_suppression")
    with pytest.raises(ReleaseError, match="decided nothing"):
        publish(home)
    assert rows_in_current(home) == 2


def test_a_release_is_as_of_the_snapshot_it_is_built_from(home: Home) -> None:
    def accepted(load_id: str, status: str = "accepted") -> None:
        delivery = Delivery(load_id, "n.school", "c", "n", "school", 2025, load_id, "", "", home.landing, "")
        Ledger(home.ledger).append(delivery.event(status, rows=1))

    accepted("first")
    accepted("withdrawn")
    accepted("withdrawn", "withdrawn")
    last = Ledger(home.ledger).events()[0]["at"]
    take_snapshot(home)
    accepted("while it is built")
    prepare_release(home)
    (told,) = duckdb.sql(f"select data_as_of::varchar from '{home.reference_file('release')}'").fetchall()[0]
    assert told.replace(" ", "T") == last.removesuffix("Z").rstrip("0").rstrip(".")


def test_unchanged_content_is_no_new_release(home: Home) -> None:
    publish_content(home, 2)
    again = publish_content(home, 2)
    assert (again.release_id, again.is_new) == ("r0001", False)
    assert (publish(home).release_id, publish_content(home, 3).release_id) == ("r0001", "r0002")


def test_the_last_three_are_kept_and_ids_go_on(home: Home) -> None:
    ids = [publish_content(home, content).release_id for content in range(1, 6)]
    assert ids == ["r0001", "r0002", "r0003", "r0004", "r0005"]
    assert sorted(p.name for p in home.published.iterdir() if p.is_dir() and not p.is_symlink()) == ids[-3:]
    assert [entry["release_id"] for entry in read_history(home)] == ids
    with duckdb.connect(str(home.current_database), read_only=True) as con:
        known = con.execute(
            "select release_id, notes, is_current from published.releases order by 1"
        ).fetchall()
    assert known == [(f"r000{i}", f"content {i}", i == 5) for i in range(1, 6)]


def test_a_release_is_never_overwritten(home: Home) -> None:
    publish_content(home, 1)
    with write_warehouse(home) as con:
        con.execute("insert into published.subgroups from published.subgroups")
    with pytest.raises(ReleaseError, match="release r0001 is there already, with other content"):
        publish(home)
    assert rows_in_current(home) == 1


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("create table published.students as select 1 as n", "table students is not promised"),
        ("drop table published.subgroups", "table subgroups is missing"),
        ("alter table published.subgroups add column note varchar", "column subgroups.note is not promised"),
        ("alter table published.subgroups drop column is_pair", "column subgroups.is_pair is missing"),
        (
            "alter table published.subgroups alter sort_order type varchar",
            "column subgroups.sort_order is VARCHAR, promised is INTEGER",
        ),
        (
            "alter table published.geographies add column first_name varchar",
            "column geographies.first_name is a direct identifier",
        ),
    ],
)
def test_what_is_not_promised_cannot_be_published(home: Home, sql: str, message: str) -> None:
    publish_content(home, 1)
    build(home, 2)
    with write_warehouse(home) as con:
        con.execute(sql)
    with pytest.raises(ReleaseError) as caught:
        publish(home)
    assert message in str(caught.value)
    assert rows_in_current(home) == 1
    assert sorted(p.name for p in home.published.iterdir()) == [
        "current",
        "current.duckdb",
        "r0001",
        "releases.jsonl",
        "shown_programs.parquet",
        "shown_values.parquet",
    ]


def test_an_identifier_is_refused_even_where_it_was_promised(home: Home, tmp_path: Path) -> None:
    project = tmp_path / "project"
    promise = project / "models/published/_published.yml"
    promise.parent.mkdir(parents=True)
    original = (DBT_PROJECT / "models/published/_published.yml").read_text()
    added = "    columns:\n      - {name: state_student_id, data_type: varchar, description: no}\n"
    promise.write_text(original.replace("    columns:\n", added, 1))
    build(home, 1)
    with write_warehouse(home) as con:
        con.execute("alter table published.indicator_values add column state_student_id varchar")
    with pytest.raises(
        ReleaseError, match=r"column indicator_values\.state_student_id is a direct identifier"
    ):
        publish(home, project)
    assert not home.current_release.exists()


def test_names_birth_dates_and_person_ids_are_direct_identifiers() -> None:
    assert {"student_id", "state_student_id", "first_name", "last_name", "birth_date", "person_id"} <= (
        direct_identifiers()
    )


class Killed(BaseException):
    """As a kill would: nothing catches it."""


STEPS = [
    *("check_outgoing", "write_contents", "keep_released", "point_to", "_link", "record", "record_access"),
    *("prune", "prune_released"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_anywhere_the_current_release_works_and_the_next_run_clears_up(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    publish_content(home, 1)
    build(home, 2)
    module = release_history if step == "_link" else release
    original = getattr(module, step)

    def killed(*arguments: object, **options: object) -> object:
        if when == "after":
            original(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, step, killed)
        with pytest.raises(Killed):
            publish(home)
    assert rows_in_current(home) in (1, 2)
    finished = publish(home)
    assert finished.release_id == "r0002"
    assert rows_in_current(home) == 2
    assert [entry["release_id"] for entry in read_history(home)] == ["r0001", "r0002"]
    assert sorted(p.name for p in home.published.iterdir()) == [
        "current",
        "current.duckdb",
        "r0001",
        "r0002",
        "releases.jsonl",
        "shown_programs.parquet",
        "shown_values.parquet",
    ]
    assert publish_content(home, 3).release_id == "r0003"


def test_the_first_publication_killed_at_its_last_link_does_not_block_the_next(home: Home) -> None:
    publish_content(home, 1)
    home.current_database.unlink()
    (home.published / f"{release_history.UNFINISHED}{home.current_database.name}").symlink_to(
        "current/release.duckdb"
    )
    assert publish_content(home, 2).release_id == "r0002"
    assert rows_in_current(home) == 2


READER = """
import pathlib, sys, time, duckdb
opens, longest = 0, time.time() + 120
print("ready", flush=True)
while not pathlib.Path(sys.argv[2]).exists() and time.time() < longest:
    con = duckdb.connect(sys.argv[1], read_only=True)
    sql = "select count(*), count(distinct release_id) from published.indicator_values"
    rows = con.execute(sql).fetchone()
    assert rows[0] >= 1 and rows[1] == 1, rows
    con.close()
    opens += 1
print(opens)
"""


def test_readers_never_fail_nor_wait_while_releases_are_made(home: Home) -> None:
    publish_content(home, 1)
    over = home.root / "all releases are made"
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(home.current_database), str(over)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    for content in range(2, 7):
        assert publish_content(home, content).is_new
    assert reader.poll() is None, "the reader stopped before the releases were made"
    over.touch()
    output, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors
    assert int(output) > 5
