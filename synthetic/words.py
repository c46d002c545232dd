"""Words that a column repeats, as SQL: stored as numbers, which are smaller and quicker than text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def listed(words: Iterable[str | None]) -> str:
    """SQL for words in a list, None as NULL."""
    return ", ".join("null" if word is None else f"'{word}'" for word in words)


def enum(words: Iterable[str | None]) -> str:
    """SQL type of a column of these words: stored as numbers that sort as the words do."""
    return f"enum({listed(sorted({word for word in words if word is not None}))})"


def word(one: str, words: Sequence[str | None]) -> str:
    """SQL for one of these words, the same in every row."""
    return f"cast('{one}' as {enum(words)})"


def words(words: Sequence[str | None], index: str) -> str:
    """SQL for the word at a zero-based index."""
    return f"cast([{listed(words)}] as {enum(words)}[])[{index} + 1]"
