"""Whether the first row of a file nobody has described yet names its columns, or is a child's record.

The evidence is the columns' names (known ones speak for headers) and what stands below: a text that comes
again in its column is a value, a word above nothing but numbers names them, and so does a last word such as
Date or Type.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from ingestion.drafting.sampling import Sample
from ingestion.errors import ReadError
from ingestion.readers.value_like import looks_like_value

NAME_ENDINGS = {"code", "date", "name", "number", "status", "type", "year"}
NOTHING_THERE = {"n/a", "na", "null", "none", "nan", "nil", "unknown", "missing", "absent", "x"}


def values_in_header(sample: Sample) -> frozenset[str]:
    """The headers that look like values, and so must not be shown: numbers, dates, what comes again below."""
    below = _below(sample)
    return frozenset(h for h, cells in zip(sample.headers, below, strict=True) if h and _is_value(h, cells))


def refuse_record(sample: Sample, known: Mapping[str, str], file_name: str) -> None:
    """ReadError where the headers rather look like a record; `known` are those that match a column, by its
    name.

    A value may match a column by chance (a child called Mark), so one match proves nothing against a value
    beside it. With no match at all, half of the columns must have a header that names numbers, or ends as
    names of columns do.
    """
    named = [header for header in sample.headers if header]
    values = values_in_header(sample)
    matching = {header: column for column, header in known.items() if header not in values}
    naming = {
        header
        for header, cells in zip(sample.headers, _below(sample), strict=True)
        if header and header not in {*known.values(), *values}
        if _ends_like_a_name(header) or _names_numbers(header, cells)
    }
    n_columns = max([len(named), *(sum(map(bool, row)) for row in sample.rows)])
    n_speaking = len(matching) + len(naming)
    enough = n_speaking > len(values) if matching else 2 * len(naming) >= n_columns
    if enough and n_speaking:
        return
    places = {header: f"column {place}" for place, header in enumerate(sample.headers, start=1)}
    alike = [f"{places[header]} {column}" for header, column in matching.items()]
    raise ReadError(
        f"of the {len(named)} texts in its first row, {len(matching)} match a column of the entity"
        f"{_in(alike)},"
        f" {len(values)} look like values{_in(places[header] for header in values)} and"
        f" {len(naming)} more name columns{_in(places[header] for header in naming)}",
        where=file_name,
        rule="A draft is made of headers, and these may be a child's record, so they are not shown",
        next_step="Look at the first row: if it holds the headers, say --has-headers, or see whether the"
        " file is of another entity; if it does not, ask for a file with a header row; where columns have a"
        " fixed width, write the contract by hand (docs/contracts.md)",
    )


def _in(places: Iterable[str]) -> str:
    found = ", ".join(sorted(places))
    return f" ({found})" if found else ""


def _below(sample: Sample) -> list[list[str]]:
    """The filled cells below each header; a header row printed again on each page is none of them."""
    rows = [[(cell or "").strip() for cell in row] for row in sample.rows]
    rows = [row for row in rows if row[: len(sample.headers)] != sample.headers]
    return [[row[i] for row in rows if len(row) > i and row[i]] for i, _ in enumerate(sample.headers)]


def _is_value(header: str, below: Sequence[str]) -> bool:
    if looks_like_value(header):
        return True
    alike = _shape(header) if any(map(str.isdigit, header)) else None  # A1001 above A1002 and A1003
    return header in below or (bool(below) and all(_shape(cell) == alike for cell in below))


def _ends_like_a_name(header: str) -> bool:
    """Guest#, Bed Type, startDate: what columns are called, whatever stands below, or if nothing does.

    One word alone (Type) or an ID behind a blank (Boise ID) may be a value.
    """
    if any(map(str.isdigit, header)):
        return False
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", header)
    return header.endswith("#") or (len(words) > 1 and words[-1].lower() in NAME_ENDINGS)


def _names_numbers(header: str, below: Sequence[str]) -> bool:
    """A text without a digit above cells that all have one."""
    if any(map(str.isdigit, header)) or header.lower() in NOTHING_THERE:
        return False
    return bool(below) and all(any(map(str.isdigit, cell)) for cell in below)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text))
