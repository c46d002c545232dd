"""What Great Expectations does on DuckDB: each behaviour that differs from its generic SQL engine."""

import logging
import subprocess
import sys
from typing import Any, cast

import duckdb
import pytest
import sqlalchemy as sa

from expectations.gx_duckdb import (
    expectation_class,
    known_expectations,
    open_batch,
    store_rows,
    verdicts,
    violating_rows,
)
from expectations.located import LOOKED_AT, VIOLATIONS, prepare

VALUES = [("abc",), ("xbx",), ("zzz",), (None,)]


@pytest.fixture
def words(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    con.execute("create table words (word varchar, _row_number bigint)")
    con.executemany("insert into words values (?, ?)", [(*v, i + 2) for i, v in enumerate(VALUES)])
    prepare(con, "words")
    return con


def violating(con: duckdb.DuckDBPyConnection, expectation: str, **arguments: object) -> list[str | None]:
    """The words that violate an expectation; None where GX says it holds."""
    implementation = expectation_class(expectation)
    assert implementation is not None
    made = implementation(column="word", **arguments, meta={"rule": "r"})
    con.execute(f"delete from {VIOLATIONS}")
    with open_batch(con, LOOKED_AT) as batch:
        assert verdicts(batch, [made]) == {"r": False}
        store_rows(batch, violating_rows(batch, {"r": made})["r"], VIOLATIONS, 0)
    query = f"select word from {LOOKED_AT} join {VIOLATIONS} using (_row_id) order by _row_number"
    return [word for (word,) in con.execute(query).fetchall()]


def test_a_regular_expression_matches_a_part(words: duckdb.DuckDBPyConnection) -> None:
    # DuckDB's own ~ would find that 'abc' does not match 'b'
    assert violating(words, "expect_column_values_to_match_regex", regex="b") == ["zzz"]


@pytest.mark.parametrize(
    ("expectation", "arguments", "expected"),
    [
        ("expect_column_values_to_not_match_regex", {"regex": "b"}, ["abc", "xbx"]),
        ("expect_column_values_to_match_regex_list", {"regex_list": ["^a", "^x"]}, ["zzz"]),
        (
            "expect_column_values_to_match_regex_list",
            {"regex_list": ["^x", "b"], "match_on": "all"},
            ["abc", "zzz"],
        ),
        ("expect_column_values_to_not_match_regex_list", {"regex_list": ["^a", "^x"]}, ["abc", "xbx"]),
        ("expect_column_values_to_match_like_pattern", {"like_pattern": "%b%"}, ["zzz"]),
        ("expect_column_values_to_not_match_like_pattern", {"like_pattern": "z%"}, ["zzz"]),
        (
            "expect_column_values_to_match_regex",
            {"regex": "'; drop table words; --:x%"},
            ["abc", "xbx", "zzz"],
        ),
    ],
)
def test_patterns_leave_empty_cells_alone(
    words: duckdb.DuckDBPyConnection, expectation: str, arguments: dict[str, object], expected: list[str]
) -> None:
    assert violating(words, expectation, **arguments) == expected


def test_an_empty_cell_violates_only_the_rule_that_speaks_of_it(words: duckdb.DuckDBPyConnection) -> None:
    assert violating(words, "expect_column_values_to_not_be_null") == [None]
    assert violating(words, "expect_column_values_to_be_in_set", value_set=["abc"]) == ["xbx", "zzz"]


def test_repeated_values_are_found_each(words: duckdb.DuckDBPyConnection) -> None:
    words.execute("insert into words values ('abc', 6), (null, 7)")
    assert violating(words, "expect_column_values_to_be_unique") == ["abc", "abc"]


def test_every_connection_sees_its_own_table(words: duckdb.DuckDBPyConnection) -> None:
    with duckdb.connect() as other:
        other.execute("create table words as select 'only' as word, 2 as _row_number")
        prepare(other, "words")
        assert violating(other, "expect_column_values_to_match_regex", regex="b") == ["only"]
    assert violating(words, "expect_column_values_to_match_regex", regex="b") == ["zzz"]


def test_collecting_an_earlier_engine_leaves_the_current_batch_alone(
    words: duckdb.DuckDBPyConnection,
) -> None:
    with open_batch(words, LOOKED_AT) as batch:
        earlier = cast(Any, batch.data).execution_engine
    with open_batch(words, LOOKED_AT) as batch:
        engine = cast(Any, batch.data).execution_engine
        with engine.get_connection() as connection:
            connection.execute(sa.text("create table halfway as select 1 as n"))
        earlier.__del__()
        with engine.get_connection() as connection:
            assert connection.execute(sa.text("select n from halfway")).scalar() == 1


def test_what_cannot_be_evaluated_says_why_without_a_value(words: duckdb.DuckDBPyConnection) -> None:
    implementation = expectation_class("expect_column_values_to_be_between")
    assert implementation is not None
    expectations = [
        implementation(column="wrod", min_value=1, meta={"rule": "no such column"}),
        implementation(column="word", min_value=1, meta={"rule": "text and number"}),
    ]
    with open_batch(words, LOOKED_AT) as batch:
        found = verdicts(batch, expectations)
    assert "wrod" in str(found["no such column"])
    assert isinstance(found["text and number"], str)
    assert not any(value in str(found) for value in ("abc", "xbx", "zzz"))


def test_nothing_is_logged(words: duckdb.DuckDBPyConnection, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        violating(words, "expect_column_values_to_match_regex", regex="b")
    assert [record for record in caplog.records if record.name.startswith("great_expectations")] == []


def test_expectations_that_duckdb_cannot_answer_are_not_offered() -> None:
    assert "expect_column_values_to_match_regex" in known_expectations()
    assert expectation_class("expect_column_values_to_be_increasing") is None
    assert expectation_class("expect_nothing") is None


def test_great_expectations_is_imported_only_when_a_gate_runs() -> None:
    code = "import sys, expectations.loading; sys.exit('great_expectations' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
