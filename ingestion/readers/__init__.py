"""Files of every format as one DuckDB view of text: columns named by the headers, row numbers, source
file."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingestion.contracts.contract import Contract
from ingestion.errors import ContractError, ReadError
from ingestion.readers.delimited import read_delimited
from ingestion.readers.fixed_width import read_fixed_width
from ingestion.readers.formats import FORMAT_BY_SUFFIX, format_of, suffix_of
from ingestion.readers.json_columns import no_rows
from ingestion.readers.json_records import read_json
from ingestion.readers.parquet import read_parquet
from ingestion.readers.record_counting import Dialect
from ingestion.readers.records import MAY_BE_EMPTY, empty_file
from ingestion.readers.unpacking import Part, unpack
from ingestion.readers.workbook import read_workbook
from ingestion.readers.xml_records import RecordAbsent, SplitFiles, read_xml

__all__ = ["SplitFiles", "read_source", "read_together", "split_together"]


def read_together(contract: Contract, contracts: Sequence[Contract]) -> list[Contract]:
    """Those of `contracts`, `contract` first, that read the same rows of a file: same reader, member and
    sheet."""
    same = [
        other
        for other in contracts
        if other.extract_id != contract.extract_id and _how_read(other) == _how_read(contract)
    ]
    return [contract, *same]


def split_together(contracts: Sequence[Contract]) -> dict[str, SplitFiles]:
    """Contracts that read different records of the same XML: by extract, what they share of its splitting."""
    shared: dict[tuple[object, ...], SplitFiles] = {}
    by_extract = {}
    for contract in contracts:
        reader = contract.reader.model_copy(update={"record": None})
        split = shared.setdefault((reader.model_dump_json(), contract.member), SplitFiles())
        split.contracts.append(contract)
        by_extract[contract.extract_id] = split
    return by_extract


def read_source(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    contracts: Sequence[Contract],
    *,
    table: str = "source",
    scratch: Path | None = None,
    split: SplitFiles | None = None,
) -> str:
    """Scan `path` once for all `contracts` that read it, and return the name of a view over what was read.

    The view (named `table`, over tables `_<table>_<n>`) has a VARCHAR column for each header some contract
    uses, NULL where a cell is empty, and `_row_number` BIGINT (the record's physical number in the file,
    from 1, headers, skipped and blank records counted) and `_source_file` (`file.csv`,
    `archive.zip/member.csv`, `book.xlsx#Sheet`). Several members or sheets are read one after another, and
    columns matched by name. What is unpacked or transcoded on the way lies in a folder below `scratch`, named
    after this process, so that what a kill leaves of it can be told and removed. Of XML, what is `split` for
    contracts that read other records is kept in `con` for them.

    Raises ReadError for a file that cannot be read in full or has undeclared, repeated or no headers, or no
    rows.
    """
    how = {_how_read(contract) for contract in contracts}
    if len(how) != 1:
        raise ContractError(
            "contracts that read different sheets, members or formats cannot share one reading",
            where=path.name,
            next_step="Give them the same `reader`, `member` and `sheet`, or read them one after another",
        )
    if scratch:
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-read-", dir=scratch) as temporary:
        selects = _read_parts(con, path, contracts, table, Path(temporary), split or SplitFiles())
    con.execute(f"create or replace view {table} as {' union all by name '.join(selects)}")
    may_be_empty = any(contract.tolerance.empty for contract in contracts)
    if not may_be_empty and not con.execute(f"select 1 from {table} limit 1").fetchall():
        raise ReadError(
            "header only: the file has no records",
            where=path.name,
            rule="A delivery has at least one record; the last good delivery stays in force",
            next_step=f"Ask the partner to send the file again{MAY_BE_EMPTY}",
        )
    return table


def _read_parts(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
    split: SplitFiles,
) -> list[str]:
    """A select over each plain file of `path`.

    Of a layout's XML, each record may stand in any of the files, and those that are not required in none.
    """
    if split.fault:
        raise split.fault
    selects: list[str] = []
    absent: list[RecordAbsent] = []
    parts = split.parts or unpack(path, contracts[0].member, folder)
    for number, part in enumerate(parts):
        if not split.parts and format_of(contracts[0].reader, part.name) != "ndjson":
            _refuse_empty_file(part)
        try:
            selects += _read_part(con, part, contracts, f"_{table}_{number}", folder, split)
        except RecordAbsent as error:
            if contracts[0].bundle is None:
                raise
            absent.append(error)
    if all(part.name in split.names for part in parts):
        split.parts = parts
    if absent and not selects and any(contract.is_required for contract in contracts):
        raise absent[0]
    return selects or [no_rows(con, contracts, f"_{table}_none", path.name)]


def _how_read(contract: Contract) -> tuple[object, ...]:
    names = (contract.headers, contract.loose_headers)
    return contract.reader.model_dump_json(), contract.member, contract.sheet, str(names)


def _refuse_empty_file(part: Part) -> None:
    if part.path.stat().st_size == 0:
        raise empty_file(part.name)


def _read_part(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
    split: SplitFiles,
) -> list[str]:
    reader = contracts[0].reader
    file_format = format_of(reader, part.name)
    match file_format:
        case "csv" | "tsv":
            delimiter = reader.delimiter or ("\t" if file_format == "tsv" else ",")
            dialect = Dialect(delimiter, '"' if reader.quote is None else reader.quote)
            return [read_delimited(con, part, reader, dialect, contracts, table, folder)]
        case "fixed_width":
            return [read_fixed_width(con, part, reader, contracts, table, folder)]
        case "xlsx":
            return read_workbook(con, part, reader, contracts[0].sheet, contracts, table, folder)
        case "parquet":
            return [read_parquet(con, part, contracts, table, folder)]
        case "json" | "ndjson":
            return [read_json(con, part, reader, file_format == "ndjson", contracts, table, folder)]
        case "xml":
            return [read_xml(con, part, reader, contracts, table, folder, split)]
    raise ReadError(
        f"the format of a file that ends in '{suffix_of(part.name)}' is unknown",
        where=part.name,
        rule=f"Known endings are {', '.join(FORMAT_BY_SUFFIX)}, and these packed as .gz or .zip",
        next_step="Set `reader: {format: ...}` in the contract",
    )
