"""Cells that a spreadsheet would run are texts, in Python and in SQL alike."""

import duckdb
import pytest

from ingestion.spreadsheets import neutral, neutral_sql


@pytest.mark.parametrize(
    ("said", "safe"),
    [
        ('=HYPERLINK("x")', '\'=HYPERLINK("x")'),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@sum", "'@sum"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("a=b", "a=b"),
        ("'already", "'already"),
        ("", ""),
        (None, None),
    ],
)
def test_a_formula_begins_with_an_apostrophe(said: str | None, safe: str | None) -> None:
    assert neutral(said) == safe
    assert duckdb.execute(
        f"select {neutral_sql('said')} from (select ?::varchar as said)", [said]
    ).fetchall() == [(safe,)]


def test_a_number_below_zero_stays_a_number() -> None:
    assert neutral(-3) == -3
