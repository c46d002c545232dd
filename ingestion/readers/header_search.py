"""Where the header row of a table with titles above it is, by the headers that it must have."""

from collections.abc import Iterable, Sequence

from ingestion.contracts.columns import Reader
from ingestion.errors import ReadError
from ingestion.readers.headers import folded, shown
from ingestion.readers.record_counting import Dialect
from ingestion.readers.records import MAX_CELL_BYTES
from ingestion.readers.text_encoding import TextFile

MOST_ROWS_ABOVE = 100


def rows_above(rows: Iterable[Sequence[str]], header_has: Sequence[str], where: str) -> int:
    """How many of `rows` precede the first that has all of these headers; ReadError where none has."""
    wanted = {folded(header) for header in header_has}
    for number, cells in enumerate(rows):
        if wanted <= {folded(cell) for cell in cells}:
            return number
        if number > MOST_ROWS_ABOVE:
            break
    raise ReadError(
        f"no header row with {shown(header_has)}",
        where=where,
        rule=f"The header row is the first that has them, among the first {MOST_ROWS_ABOVE} rows",
        next_step="Correct `reader: {header_has: [...]}` in the contract, or ask for the agreed layout",
    )


def with_rows_skipped(text: TextFile, reader: Reader, dialect: Dialect) -> Reader:
    """The reader that passes over what stands above the header row of a delimited file."""
    if not reader.header_has:
        return reader
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line, _ in zip(file, range(reader.skip_rows + MOST_ROWS_ABOVE + 2), strict=False)]
    # a title may hold quotes and delimiters as it likes, so each line is looked at by itself
    rows = (_cells(line, dialect) for line in lines[reader.skip_rows :])
    above = rows_above(rows, reader.header_has, text.name)
    return reader.model_copy(update={"skip_rows": reader.skip_rows + above})


def _cells(line: str, dialect: Dialect) -> list[str]:
    return next(iter(dialect.parse([line], strict=False, max_cell=MAX_CELL_BYTES)), [])
