"""Counts with their nouns, and texts with nothing unseen in them."""

import pytest

from ingestion.errors import MilepostError
from ingestion.wording import counted, visible


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (1, ("row",), "1 row"),
        (0, ("row",), "0 rows"),
        (12345, ("row",), "12,345 rows"),
        (1, ("delivery", "deliveries"), "1 delivery"),
        (2, ("delivery is", "deliveries are"), "2 deliveries are"),
    ],
)
def test_one_is_told_from_many(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("\x1b[2Ja\x07\x9b", "\\x1b[2Ja\\x07\\x9b"),
        ("Maria\u200b", "Maria\\u200b"),
        ("\udcff.csv", "\\udcff.csv"),  # a name on the disk that is no UTF-8
        ("two\nlines\tZoë 李 می\u200cخواهم 👩\u200d👧", "two\nlines\tZoë 李 می\u200cخواهم 👩\u200d👧"),
    ],
)
def test_what_is_not_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert str(MilepostError(text)) == f"{shown}."
    assert visible(shown) == shown


def test_a_line_break_in_a_files_name_begins_no_line_of_its_own() -> None:
    error = MilepostError("no contract", where="a\nb.csv")
    assert str(error) == "a\\nb.csv: no contract."
