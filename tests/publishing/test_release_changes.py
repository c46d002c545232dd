"""What changed between releases, by hand; and who released and asked what."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest
from published_by_hand import build, publish_content

from ingestion.home import Home
from publishing.access_log import read_accesses, record_access
from publishing.dbt_project import DBT_PROJECT
from publishing.release import publish
from publishing.release_changes import release_changes
from publishing.release_contents import ReleaseError, load_promise
from publishing.withdrawal import withdraw_release

VALUES = "published.indicator_values"
CAUSE = (
    "insert into published.restatements by name select * exclude (data_maturity, denominator, numerator, value,"
    " rounded_to, value_low, value_high, value_kind, suppression, held_since),"
    " 'r0001' as previous_release_id, 'changed' as change,"
    " '' as old_suppression, '' as new_suppression, 'links_changed' as cause, '' as also_changed"
    " from published.indicator_values where geography_id = 'north:1'"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """r0002 has one school more than the three of r0001, and another rate at one: 41 of 100, then 45."""
    home = Home(tmp_path).create()
    publish_content(home, 3)
    changed = "set numerator = 45{value} where geography_id = 'north:1'"
    publish_content(
        home,
        4,
        f"update {VALUES} " + changed.format(value=", value = 0.45"),
        "update marts.indicator_cells " + changed.format(value=""),
        CAUSE,
    )
    return home


def test_rows_values_and_causes_are_counted(home: Home) -> None:
    with duckdb.connect() as con:
        found = release_changes(con, home, load_promise(DBT_PROJECT), "r0001", "current")
        rows = con.execute(
            "select geography_id, change, old_value, new_value, round(change_points, 6), cause from value_changes "
            "order by geography_id"
        ).fetchall()
    assert found.tables["indicator_values"] == {"added": 1, "removed": 0, "changed": 1}
    assert found.tables["geographies"] == {"added": 1, "removed": 0, "changed": 0}
    assert found.tables["indicators"] == {"added": 0, "removed": 0, "changed": 0}
    assert (found.values, found.causes) == ({"added": 1, "changed": 1}, {"": 1, "links_changed": 1})
    assert rows == [
        ("north:1", "changed", 0.41, 0.45, 4.0, "links_changed"),
        ("north:3", "added", None, 0.43, None, None),
    ]


def test_of_a_release_that_is_no_longer_whole_values_are_compared(home: Home) -> None:
    for content in (5, 6, 7):
        publish_content(home, content)
    assert not home.release_folder("r0001").exists()
    with duckdb.connect() as con:
        found = release_changes(con, home, load_promise(DBT_PROJECT), "r0001", "r0005")
    assert found.tables == {"indicator_values": {"added": 4, "removed": 0, "changed": 0}}
    # the counts behind values are kept no longer than they may be needed
    assert [f.parent.name for f in sorted(home.released.glob("*/cells.parquet"))] == [
        "r0003",
        "r0004",
        "r0005",
    ]
    assert home.released.stat().st_mode & 0o077 == 0


def test_withdrawn_and_unknown_releases_are_not_compared(home: Home) -> None:
    withdraw_release(home, "r0002", "wrong file")
    promise = load_promise(DBT_PROJECT)
    with duckdb.connect() as con:
        with pytest.raises(ReleaseError, match=r"r0002 was withdrawn \(wrong file\)"):
            release_changes(con, home, promise, "r0001", "r0002")
        with pytest.raises(ReleaseError, match=r"no release r01.*Did you mean 'r0001'"):
            release_changes(con, home, promise, "r01", "current")


def test_each_release_is_in_the_access_log_once_and_only_its_owner_may_read_it(home: Home) -> None:
    publish(home)
    told = [(line["command"], line["release"]) for line in read_accesses(home)]
    assert told == [("release", "r0001"), ("release", "r0002")]
    assert home.access_log.stat().st_mode & 0o777 == 0o600


def test_lines_written_at_once_are_all_there_and_a_torn_one_costs_no_other(home: Home) -> None:
    with home.access_log.open("a") as file:
        file.write('{"at": "2026')
    writers = [threading.Thread(target=record_access, args=(home, "query")) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [line["command"] for line in read_accesses(home)] == ["release", "release", *["query"] * 8]


def test_two_releases_at_once_make_one(home: Home) -> None:
    build(home, 5)
    made = []
    threads = [threading.Thread(target=lambda: made.append(publish(home))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((one.release_id, one.is_new) for one in made) == [("r0003", False), ("r0003", True)]
