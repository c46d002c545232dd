"""What a row number counts, said for each format and compared with what the readers number."""

from pathlib import Path

import pytest

from ingestion.readers.formats import row_numbers_of
from tests.ingestion.sample_contracts import ATTENDANCE, HEADER, contract_of, rows_of, write

LINE = "the first line of the file"


@pytest.mark.parametrize(
    ("name", "content", "extra", "says", "first"),
    [
        ("a.csv", f"{HEADER}\n1,A,9,1\n", "", f"{LINE}, its headers.", 2),
        ("a.csv", f"Title\n\n{HEADER}\n1,A,9,1\n", "reader: {skip_rows: 2}\n", "above the data counts", 4),
        ("a.txt", f"Title\n{HEADER}\n1,A,9,1\n", "reader: {skip_rows: 1}\n", "above the data counts", 3),
        (
            *("a.dat", "1A 9 1\n"),
            "reader: {format: fixed_width, widths: {StudentID: [1, 1], SchoolCode: [2, 1],"
            " Enrolled: [4, 1], Absent: [6, 1]}}\n",
            *(f"{LINE}, which has no headers.", 1),
        ),
        (
            "a.json",
            '[{"StudentID": "1", "SchoolCode": "A", "Enrolled": 9, "Absent": 1}]',
            "",
            "first record",
            1,
        ),
        ("a.ndjson", '{"StudentID": "1", "SchoolCode": "A", "Enrolled": 9, "Absent": 1}\n', "", LINE, 1),
    ],
)
def test_the_words_fit_the_numbers(
    tmp_path: Path, name: str, content: str, extra: str, says: str, first: int
) -> None:
    contract = contract_of(tmp_path, ATTENDANCE, extra)
    (row,) = rows_of(write(tmp_path, content, name), contract)
    assert row["_row_number"] == first
    assert says in row_numbers_of(contract.reader, row["_source_file"])


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("a.zip/b.parquet", "first record"),
        ("a.csv.gz", "its headers"),
        ("Book.XLSX#Sheet 1.csv", "Excel shows"),
        ("b#1.csv", "its headers"),
    ],
)
def test_a_part_of_a_file_has_its_own_format(tmp_path: Path, source: str, says: str) -> None:
    assert says in row_numbers_of(contract_of(tmp_path).reader, source)
