"""What a file's headers must be: known to the contracts that read the file, each once, found whatever their
case."""

import contextlib
import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from ingestion.contracts.contract import Contract
from ingestion.contracts.layout import load_layout, versions_with
from ingestion.errors import ReadError
from ingestion.readers.value_like import looks_like_value

TWO_HEADER_ROWS = "; if headers stand in two rows, set `reader: {header_rows: 2}`"
RESERVED = frozenset({"_row_number", "_source_file", "_line_is_broken"})
CONTROL, REPLACEMENT = re.compile(r"[\x00-\x1f\x7f-\x9f]"), "\N{REPLACEMENT CHARACTER}"
LEAST_DECLARED = 2  # one value of a record may equal a declared header by chance
_OTHER_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def folded(header: str) -> str:
    """The form in which headers are compared."""
    return trimmed(header).lower()


def trimmed(header: str) -> str:
    """A header without surrounding blanks, byte order marks, and line breaks inside, its accents as one
    letter."""
    plain = " ".join(header.replace("\ufeff", "").replace("\0", "").split("\n")).strip()
    return unicodedata.normalize("NFC", plain)


def join_header_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """Headers of one or two rows, joined with a blank.

    A merged cell over several columns leaves the cells to its right empty, so the upper row is filled from
    the left wherever the lower row has a name.
    """
    if len(rows) == 1:
        return [trimmed(cell) for cell in rows[0]]
    width = max(map(len, rows))
    upper, lower = ([*map(trimmed, row)] + [""] * (width - len(row)) for row in rows)
    headers, last = [], ""
    for above, below in zip(upper, lower, strict=True):
        last = above or last
        headers.append(f"{last if below else above} {below}".strip())
    return headers


def keep_declared(
    headers: Sequence[str], contracts: Sequence[Contract], file_name: str, *, of_row: bool = False
) -> list[int]:
    """Positions of the columns some contract takes; a ReadError names what is undeclared or there twice.

    The error shows no header that looks like a value, as keys of a document may. Headers `of_row`, which are
    cells of a sheet, may be a child's record: it shows one only where two others are declared, and else tells
    its place alone.

    Columns without a header are not among them; nor are those every contract ignores, so what nobody is to
    see (a social security number) is not even read into memory.
    """
    named = [header for header in headers if header]
    wanted = {folded(h) for contract in contracts for h in contract.over(named).file_headers}
    ignored = {folded(h) for h in named if any(is_ignored(h, contract) for contract in contracts)} - wanted
    _refuse_other_encoding(named, wanted | ignored, contracts, file_name)
    if not any(folded(header) in wanted for header in named):
        # never list them: where the header row is missing these are a child's record
        raise ReadError(
            "none of the contract's headers is in the header row",
            where=file_name,
            rule="The first row (after `reader.skip_rows`) names the columns",
            next_step="Check that the file has a header row, its delimiter, `reader.skip_rows` and the sheet,"
            f" or is another file{_expected(contracts)}",
        )
    undeclared = [header for header in named if folded(header) not in wanted | ignored]
    if len(undeclared) > len(named) / 2:
        # one value may equal a header by chance: this too may be a child's record, so it is not shown either
        raise ReadError(
            f"{len(undeclared)} of the {len(named)} headers match nothing in the contract",
            where=file_name,
            rule="The first row (after `reader.skip_rows`) names the columns, and each is declared",
            next_step=f"See whether the file lacks its header row, or is another file{_expected(contracts)};"
            " declare a new layout in the contract",
        )
    _refuse_repeated([header for header in named if folded(header) not in ignored], file_name)
    if undeclared:
        raise _undeclared(undeclared, headers, wanted, contracts, file_name, of_row)
    return [position for position, header in enumerate(headers) if header and folded(header) in wanted]


def _expected(contracts: Sequence[Contract]) -> str:
    """What the file should be, where it is a layout that says so."""
    titles = dict.fromkeys(load_layout(c.layout).title for c in contracts if c.layout)
    return f" (expected is: {next(iter(titles))})" if titles else ""


def is_ignored(header: str, contract: Contract) -> bool:
    """Whether a contract knows a header and does not take it; `*` in a name stands for anything."""
    return any(pattern.fullmatch(folded(header)) for pattern in _patterns(contract.ignore))


@cache
def _patterns(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(".*".join(map(re.escape, folded(name).split("*")))) for name in names)


def _refuse_other_encoding(
    headers: Sequence[str], known: Collection[str], contracts: Sequence[Contract], file_name: str
) -> None:
    """A header that is known once its bytes are read as UTF-8 was read, or was sent, in another encoding."""
    mended = (_as_utf8(header) for header in headers if folded(header) not in known)
    found = next((header for header in mended if header and folded(header) in known), None)
    if found is None:
        return
    declared = next((contract.reader.encoding for contract in contracts if contract.reader.encoding), None)
    step = "Ask the partner to export the file anew as UTF-8; its accents were broken before it was sent"
    raise ReadError(
        f"the header {shown([found])} is there in UTF-8, read as if it were {declared or 'Windows-1252'}",
        where=file_name,
        rule="An encoding that the contract states is never guessed",
        next_step=f"Take `encoding: {declared}` out of the contract's `reader:`" if declared else step,
    )


def _as_utf8(header: str) -> str | None:
    """The header if its letters are the bytes of UTF-8 read as Windows-1252 or Latin-1; else None."""
    for encoding in ("cp1252", "latin-1"):
        with contextlib.suppress(UnicodeError):
            mended = header.encode(encoding).decode("utf-8")
            return mended if mended != header else None
    return None


def refuse_other_delimiter(headers: Sequence[str], delimiter: str, file_name: str) -> None:
    """A single column whose header holds another delimiter was read with the wrong one."""
    if len(headers) != 1:
        return
    for other, name in _OTHER_DELIMITERS.items():
        if other != delimiter and other in headers[0]:
            used = _OTHER_DELIMITERS.get(delimiter, repr(delimiter))
            raise ReadError(
                f"read with a {used} as delimiter the file has one column, whose header holds a {name}",
                where=file_name,
                rule="The delimiter is part of the contract, never guessed",
                next_step=f"Set `reader: {{delimiter: {other!r}}}`, or ask for the agreed format",
            )


def shown(names: Iterable[str]) -> str:
    """Names for a message, quoted, the first ten of them; what would control a terminal is made visible."""
    listed = [f"'{CONTROL.sub(REPLACEMENT, name[:60])}'" for name in names]
    return ", ".join(listed[:10]) + (f" and {len(listed) - 10} more" if len(listed) > 10 else "")


def nearest(header: str, candidates: Iterable[str]) -> str | None:
    """The candidate written most like `header`, if any is close."""
    by_fold = {folded(candidate): candidate for candidate in candidates}
    close = difflib.get_close_matches(folded(header), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def _refuse_repeated(headers: Sequence[str], file_name: str) -> None:
    counts = Counter(map(folded, headers))
    repeated = [header for header in dict.fromkeys(headers) if counts[folded(header)] > 1]
    if repeated:
        raise ReadError(
            f"the header row names a column more than once: {shown(repeated)}",
            where=file_name,
            rule="Each header stands once, whatever its case",
            next_step="Ask the partner to rename or remove the second one",
        )
    reserved = [header for header in headers if folded(header) in RESERVED]
    if reserved:
        raise ReadError(
            f"the header row uses a reserved name: {shown(reserved)}",
            where=file_name,
            rule="Milepost numbers the rows under these names",
            next_step="Ask the partner to rename the column",
        )


def _undeclared(
    undeclared: Sequence[str],
    headers: Sequence[str],
    wanted: Collection[str],
    contracts: Sequence[Contract],
    file_name: str,
    of_row: bool,
) -> ReadError:
    there = set(map(folded, headers))
    # `@id` is an attribute of XML, `../id` a key of the object around
    seen = [header for header in undeclared if not looks_like_value(header.lstrip("@./"))]
    if of_row:
        ignored = {folded(name) for contract in contracts for name in contract.ignore if "*" not in name}
        is_header_row = len(there & {*wanted, *ignored}) >= LEAST_DECLARED
        seen = seen if is_header_row else []
    absent = {h for contract in contracts for h in contract.file_headers if folded(h) not in there}
    pairs = [(header, near) for header in seen if (near := nearest(header, absent))]
    hint = "; ".join(f"'{header[:60]}' may be a new name of '{near}'" for header, near in pairs[:5])
    others = [name for contract in contracts for name in versions_with(undeclared, contract)]
    if others:
        hint = f"They are columns of another version: say `layout: {others[0]}` if it is that one"
    places = [headers.index(header) + 1 for header in undeclared] if of_row else []
    return ReadError(
        f"undeclared {_columns(undeclared, seen, places)}",
        where=file_name,
        rule="Every column of a file is declared in a contract, so that nothing arrives unseen",
        next_step=f"{hint}. Add it to `from` of a column, or to `ignore`"
        if hint
        else "Add it to `from` of a column, or to `ignore`",
    )


def _columns(undeclared: Sequence[str], seen: Sequence[str], places: Sequence[int]) -> str:
    """Columns by the headers that may be seen, and by their places where they have any."""
    what = "column" if len(undeclared) == 1 else "columns"
    numbers = ", ".join(map(str, places[:10])) + (", ..." if len(places) > 10 else "")
    if len(seen) == len(undeclared):
        return f"{what} {shown(seen)}" + (f" ({what} {numbers})" if places else "")
    if not places:
        return what + (f" {shown(seen)}," if seen else ",") + " not all shown since some may be values"
    if not seen:
        return f"{what} {numbers}, not shown since it may be a value"
    return f"{what} {numbers}: {shown(seen)}, and what may be a value and is not shown"
