"""XML: each element of one name is a record, and what stands directly in it are its headers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import duckdb

from ingestion.contracts.columns import Reader
from ingestion.contracts.contract import Contract
from ingestion.errors import ReadError
from ingestion.readers.headers import folded, shown
from ingestion.readers.json_columns import fill_columns, no_rows
from ingestion.readers.json_texts import load_lines, store_shapes
from ingestion.readers.text_encoding import TextFile
from ingestion.readers.unpacking import Part
from ingestion.readers.xml_prolog import root_of, xml_as_utf8
from ingestion.readers.xml_split import split_records


@dataclass
class SplitFiles:
    """The records of XML files that were split for several readings on one connection.

    `contracts` are all that will be read; `tables` maps a file and a record that was found to the table of
    its texts, which a reading takes. `parts` are the files once each is split, so that none is unpacked or
    split again, and `fault` is what stopped it.
    """

    contracts: list[Contract] = field(default_factory=list)
    tables: dict[tuple[str, str], str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    fault: ReadError | None = None


class RecordAbsent(ReadError):
    """A file of XML has no element of the name that a contract reads."""


def read_xml(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    reader: Reader,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
    split: SplitFiles,
) -> str:
    """Fill `table` from the elements of a name and return the select that names its columns and numbers its
    rows.

    Rows are numbered by record among those of that name. Children with text alone are cells; what is deeper
    is an object, children that repeat a list, attributes are `@name`, and all of that is treated as in a file
    of JSON.
    """
    if reader.record is None:
        text = xml_as_utf8(part, reader.encoding, folder)
        root_of(text)
        raise _unnamed_record(text)
    taken = split.tables.pop((part.name, reader.record), None)
    if taken is None and part.name not in split.names:
        taken = _split_for_all(con, part, [*contracts, *split.contracts], table, folder, split)
    if taken is None:
        if not split.names[part.name] and not contracts[0].bundle:
            return no_rows(con, contracts, table, part.name)
        raise _missing_record(part.name, reader.record, split.names[part.name])
    con.execute(f"alter table {taken} rename to {table}_texts")
    found = store_shapes(con, f"{table}_texts", f"{table}_shapes")
    return fill_columns(con, table, found, contracts, part.name)


def _split_for_all(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
    split: SplitFiles,
) -> str | None:
    """As `_split`, and keeps what there is to say of the file afterwards."""
    reader = contracts[0].reader
    try:
        text = xml_as_utf8(part, reader.encoding, folder)
        taken = _split(con, text, root_of(text), contracts, table, folder, split)
    except ReadError as error:
        split.fault = error
        raise
    wanted = {contract.reader.record for contract in contracts if contract.is_required}
    found = {record for name, record in split.tables if name == part.name} | {
        reader.record if taken else None
    }
    # looking for names reads the file once more
    split.names[part.name] = _names_in(text) if wanted - found else []
    return taken


def _split(
    con: duckdb.DuckDBPyConnection,
    text: TextFile,
    root: str,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
    split: SplitFiles,
) -> str | None:
    """Split a file for all `contracts`; the table of the texts of the first one's records, if there are
    any."""
    reader = contracts[0].reader
    records: dict[str, set[str]] = {}
    for contract in contracts:
        if contract.reader.record:
            wanted = records.setdefault(contract.reader.record, set())
            wanted |= {folded(header) for header in contract.file_headers}
    targets = {record: folder / f"{table}-{number}.ndjson" for number, record in enumerate(records)}
    counts = split_records(text, root, records, reader.lists, targets)
    for number, record in enumerate(records):
        if counts[record]:
            name = f"{table}_split_{number}"
            load_lines(con, targets[record], name)
            split.tables[text.name, record] = name
        targets[record].unlink()
    return split.tables.pop((text.name, reader.record or ""), None)


def _names_in(text: TextFile) -> list[str]:
    """Local names of the elements directly in the outermost one, in the order in which they first appear."""
    parser = expat.ParserCreate("utf-8", "}")
    names: dict[str, None] = {}
    level = 0

    def start(name: str, _: object) -> None:
        nonlocal level
        level += 1
        if level == 2:
            names.setdefault(name.rpartition("}")[2])

    def end(_: str) -> None:
        nonlocal level
        level -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    with text.path.open("rb") as file:
        parser.ParseFile(file)
    return [*names]


def _missing_record(name: str, record: str, names: Sequence[str]) -> RecordAbsent:
    return RecordAbsent(
        f"no element is named {shown([record])}",
        where=name,
        rule=f"The file holds {shown(names) or 'no element at all'}",
        next_step="Correct `reader: {record: ...}` in the contract, or ask the partner for the missing part",
    )


def _unnamed_record(text: TextFile) -> ReadError:
    return ReadError(
        "the contract does not say which elements of the file are its records",
        where=text.name,
        rule=f"The file holds {shown(_names_in(text))}",
        next_step="Name one of them in the contract: `reader: {record: ...}`",
    )
