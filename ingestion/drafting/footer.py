"""The row of totals that may stand below a table: told by its first words, which are never a child's."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

_TAIL_BYTES = 2**16
_WORDS = re.compile(
    r"(grand totals?|sub-?totals?|totals?|(?:row|record) count|number of (?:records|rows|students)"
    r"|end of (?:file|report|data))\b",
    re.IGNORECASE,
)


def footer_of(records: Sequence[Sequence[str]], width: int) -> str | None:
    """The pattern of the last row for a contract's `footer`; None where it is a record like any other.

    A row of totals begins with one of a few words and leaves some of the `width` cells empty.
    """
    last = next((record for record in reversed(records) if any(cell.strip() for cell in record)), ())
    filled = [cell.strip() for cell in last if cell.strip()]
    found = _WORDS.match(filled[0]) if filled and len(filled) < width else None
    return f"^(?i:{found[1].lower()})" if found else None


def last_records(path: Path, delimiter: str) -> list[list[str]]:
    """The records at the end of a file of UTF-8; the first of them may be the end of a longer one."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return list(csv.reader(lines[-3:], delimiter=delimiter))


def told(pattern: str) -> str:
    """What to say of it to the person who goes through the draft."""
    seems = f"The last row seems to be one of totals, which `footer: {pattern}` drops"
    return f"{seems}; take the footer out if it is a child's."
