"""A list for partners is one entry: it is written, falls away with its last child, and goes with a purge."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from identity import feedback_lists
from identity.feedback_lists import FeedbackList, remove_lists, write_lists
from ingestion.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def find_late(con: duckdb.DuckDBPyConnection, _home: Home) -> str:
    con.execute("create temp table if not exists late (partner_id varchar, student_id varchar, days integer)")
    return "late"


def test_a_fourth_list_is_one_entry(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_lists, "LISTS", (FeedbackList("late", find_late),))
    page = home.feedback_page("north", "load_1")
    with duckdb.connect() as con:
        find_late(con, home)
        con.execute("insert into late values ('north', '2', 3), ('north', '=1', 4), ('south', '9', 1)")
        write_lists(con, home)
        page.write_text("<p>the gate's</p>")
        assert (home.feedback / "north" / "late.csv").read_text() == "student_id,days\n'=1,4\n2,3\n"
        con.execute("delete from late where partner_id = 'south'")
        write_lists(con, home)
    assert [file.parent.name for file in home.feedback.glob("*/late.csv")] == ["north"]
    remove_lists(home)
    assert [file for file in home.feedback.rglob("*") if file.is_file()] == [page]
