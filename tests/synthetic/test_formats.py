"""Writers of file formats: what a reader nobody here wrote makes of them."""

from pathlib import Path

import duckdb
import openpyxl
import pytest

from synthetic.formats import Format, delimited, fixed_width, gzipped, workbook, zipped

Con = duckdb.DuckDBPyConnection


@pytest.fixture
def con() -> Con:
    con = duckdb.connect()
    con.execute(
        "create table sheet as select * from (values (2, 'Zoë', '<7>'), (1, 'O''Neal', '41'))"
        " as rows (place, name, days)"
    )
    return con


def written(con: Con, file_format: Format, path: Path) -> bytes:
    assert file_format.write(con, "select name, days from sheet order by place", path) == 2
    return path.read_bytes()


def test_rows_stand_in_their_order_with_encoding_and_footer(con: Con, tmp_path: Path) -> None:
    content = written(con, delimited("|", encoding="latin-1", footer="Total: {rows}"), tmp_path / "a.txt")
    assert content.decode("latin-1") == "name|days\nO'Neal|41\nZoë|<7>\nTotal: 2\n"


def test_a_windows_export_has_a_byte_order_mark(con: Con, tmp_path: Path) -> None:
    content = written(con, delimited(bom=True, crlf=True), tmp_path / "a.csv")
    assert content == "\ufeffname,days\r\nO'Neal,41\r\nZoë,<7>\r\n".encode()


def test_fixed_width_counts_characters(con: Con, tmp_path: Path) -> None:
    content = written(con, fixed_width({"name": (1, 8), "days": (10, 3)}), tmp_path / "a.txt")
    assert content.decode() == "O'Neal   41 \nZoë      <7>\n"


def test_a_workbook_opens_with_merged_headers_and_numbers(con: Con, tmp_path: Path) -> None:
    con.execute('alter table sheet rename name to "Child name"')
    con.execute('alter table sheet rename days to "Year days"')
    path = tmp_path / "a.xlsx"
    file_format = workbook("Days", groups={"Child": 1, "Year": 1}, numeric=("Year days",))
    file_format.write(con, 'select "Child name", "Year days" from sheet order by place', path)
    sheet = openpyxl.load_workbook(path)["Days"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows == [["Child", "Year"], ["name", "days"], ["O'Neal", 41], ["Zoë", "<7>"]]


@pytest.mark.parametrize("pack", [gzipped, lambda inner: zipped(inner, "days.csv")])
def test_packed_files_are_the_same_bytes_every_time(con: Con, tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    first, again = (written(con, pack(delimited()), tmp_path / name) for name in ("a.csv.gz", "b.csv.gz"))
    assert first == again
