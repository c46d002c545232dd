"""Counts with their nouns."""

import pytest

from ingestion.wording import counted


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
