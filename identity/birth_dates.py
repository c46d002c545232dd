"""What two birth dates say of two accounts, as SQL: whether they may be one, written down wrongly once."""

from __future__ import annotations


def nearly_the_same(born: str, other: str) -> str:
    """SQL: whether two of year, month and day are equal (or all), or day and month are merely swapped.

    NULL where a date is.
    """
    alike = " + ".join(f"({part}({born}) = {part}({other}))::integer" for part in ("year", "month", "day"))
    swapped = (
        f"year({born}) = year({other}) and month({born}) = day({other}) and day({born}) = month({other})"
    )
    return f"({alike} >= 2 or ({swapped}))"
