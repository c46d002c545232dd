"""How counts and lists are worded in what people read."""

from collections.abc import Sequence

LONGEST = 120  # characters of a name that a message repeats


def counted(number: int, one: str, many: str = "") -> str:
    """`1 row`, `1,204 rows`; `many` where an s does not do: `counted(n, "delivery", "deliveries")`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in a row, the first `most` of them, and how many more there are; very long ones are cut."""
    shown = ", ".join(name if len(name) <= LONGEST else f"{name[:LONGEST]}..." for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "nothing"
