"""Which format a file has, and what its row numbers count, in words for people."""

import re
from pathlib import PurePath

from ingestion.contracts.columns import Reader

FORMAT_BY_SUFFIX = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".xml": "xml",
}
_SHEET = re.compile(r"(?<=\.xls[xm])#.*", re.IGNORECASE | re.DOTALL)


def suffix_of(name: str) -> str:
    """The ending that tells a file's format, `.csv` of `a.csv.gz`, whatever the case."""
    path = PurePath(name)
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


def format_of(reader: Reader, name: str) -> str | None:
    """The format that the contract states, else that of the name's ending; None where neither tells."""
    return reader.format or FORMAT_BY_SUFFIX.get(suffix_of(name))


def row_numbers_of(reader: Reader, source_file: str) -> str:
    """What `_row_number` counts in a source file (`a.csv`, `a.zip/b.csv`, `a.xlsx#Sheet`), as a sentence."""
    match format_of(reader, _SHEET.sub("", source_file)):
        case "xlsx":
            return "Row numbers are those that Excel shows."
        case "json" | "parquet":
            return "Row 1 is the first record of the file."
        case "xml":
            return f"Row 1 is the first {reader.record} of the file, wherever it stands."
        case "fixed_width" | "ndjson":
            return "Row 1 is the first line of the file, which has no headers."
    if reader.skip_rows or reader.header_rows > 1:
        return "Row 1 is the first line of the file: what stands above the data counts too."
    return "Row 1 is the first line of the file, its headers."
