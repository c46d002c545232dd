"""Records of delimited text in Python: one by one, and which one a byte belongs to."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# stands for a delimiter of several characters, which the csv module does not know
_UNIT_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Dialect:
    """How a delimited file separates and quotes its cells; an empty `quote` means it never does."""

    delimiter: str = ","
    quote: str = '"'

    def parse(self, lines: Iterable[str], *, strict: bool, max_cell: int) -> Iterator[list[str]]:
        """The cells of each record; csv.Error for a cell over `max_cell` characters and, if strict, broken
        quoting."""
        csv.field_size_limit(max_cell)
        is_long = len(self.delimiter) > 1
        if is_long:
            lines = (line.replace(self.delimiter, _UNIT_SEPARATOR) for line in lines)
        delimiter = _UNIT_SEPARATOR if is_long else self.delimiter
        if self.quote:
            records = csv.reader(lines, delimiter=delimiter, quotechar=self.quote, strict=strict)
        else:
            records = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=strict)
        if not is_long:
            return records
        return ([cell.replace(_UNIT_SEPARATOR, self.delimiter) for cell in cells] for cells in records)


def count_records(path: Path, offset: int, dialect: Dialect | None) -> int:
    """The number, from 1, of the record that holds byte `offset` of an ASCII-compatible file.

    Without a dialect a record is a line. Needed only to name the row in an error.
    """
    with path.open("rb") as file:
        # latin-1 gives one character per byte; some versions of the csv module refuse NUL characters
        head = file.read(offset + 1).decode("latin-1").replace("\0", " ")
    lines = io.StringIO(head, newline="")
    if dialect is None:
        return max(1, sum(1 for _ in lines))
    return max(1, sum(1 for _ in dialect.parse(lines, strict=False, max_cell=2**31 - 1)))
