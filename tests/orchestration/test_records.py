"""What a query found, in a narrow terminal: a table as long as no word breaks, else a record for each row."""

import pytest
from rich.console import Console

from orchestration import console
from orchestration.records import print_rows


def printed(
    monkeypatch: pytest.MonkeyPatch, columns: list[str], *rows: tuple[object, ...]
) -> tuple[bool, str]:
    narrow = Console(width=80, highlight=False)
    monkeypatch.setattr(console, "out", narrow)
    with narrow.capture() as captured:
        as_records = print_rows(columns, rows)
    return as_records, captured.get()


def test_columns_that_fit_are_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ["indicator_id", "title", "stage"]
    row = ("kindergarten_readiness", "Ready for kindergarten in every domain tested", "early childhood")
    as_records, text = printed(monkeypatch, columns, row)
    assert not as_records
    assert {"indicator_id", "kindergarten_readiness", "kindergarten"} <= {*text.split()}


def test_columns_that_do_not_fit_make_a_record_of_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [f"a_long_name_of_column_{letter}" for letter in "abcdef"]
    rows = [(2025, None, 0.25, "[bold]", "words " * 30, True), (2024, "x", 1, "", "", False)]
    as_records, text = printed(monkeypatch, columns, *rows)
    lines = [line.rstrip() for line in text.splitlines()]
    assert as_records
    assert all(len(line) <= 80 for line in lines)
    assert lines[:5] == [
        "── 1 ──",
        "a_long_name_of_column_a  2025",
        "a_long_name_of_column_b",
        "a_long_name_of_column_c  0.25",
        "a_long_name_of_column_d  [bold]",
    ]
    assert text.split().count("words") == 30
    assert "a_long_name_of_column_a  2024" in lines[lines.index("── 2 ──") :]
