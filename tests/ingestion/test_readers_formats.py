import datetime as dt
import json
import re
import zipfile

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_contracts import ATTENDANCE, HEADER, contract_of, refusal_of, rows_of, write

from ingestion.errors import ReadError
from ingestion.mapping.mapping import map_source
from ingestion.readers import read_source
from ingestion.readers.unpacking import Part
from ingestion.readers.workbook import _refuse_vast, cell_text
from tests.calls import calls_of

SECRET = "Zephyrine"
HEADERS = HEADER.split(",")


def workbook(folder, sheets, hidden=(), name="a.xlsx"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
    book.save(folder / name)
    return folder / name


# ---- xlsx
def test_a_workbook_gives_the_text_a_person_sees(tmp_path):
    rows = [
        HEADERS,
        ["A1", 1001, 180.5, dt.date(2024, 9, 3)],
        [],
        [7.0, "S\n1", dt.datetime(2024, 9, 3, 8, 30), True],
        [],
        [None, " "],
    ]
    read = rows_of(workbook(tmp_path, {"Data": rows}), contract_of(tmp_path))
    assert [tuple(r.values()) for r in read] == [
        ("A1", "1001", "180.5", "2024-09-03", 2, "a.xlsx"),
        ("7", "S\n1", "2024-09-03 08:30:00", "true", 4, "a.xlsx"),
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [(12.0, "12"), (1e15, "1000000000000000"), (0.1, "0.1"), (-3.0, "-3"), (1e20, "1e+20")],
)
def test_numbers_keep_their_digits(number, text):
    assert cell_text(number) == text


def test_a_formula_gives_its_value_not_its_text(tmp_path):
    book = workbook(tmp_path, {"Data": [HEADERS, ["A1", "S1", "=90+90", 3]]})
    # a formula that was never computed has no value
    assert rows_of(book, contract_of(tmp_path))[0]["Enrolled"] is None


def test_sheets_are_found_by_name_and_glob(tmp_path):
    sheets = {title: [HEADERS, [title, "S1", 1, 1]] for title in ("Fall 24", "Fall 25", "Old")}
    book = workbook(tmp_path, {"Notes": [["x"]], **sheets}, hidden=["Old"])

    def keys(sheet):
        contract = contract_of(tmp_path, extra=f"sheet: '{sheet}'\n")
        return sorted(row["StudentID"] for row in rows_of(book, contract))

    assert keys("fall 24") == ["Fall 24"]
    assert keys("Fall *") == ["Fall 24", "Fall 25"]
    # a hidden sheet is read when it is named, never by a glob
    assert keys("Old") == ["Old"]
    assert "no visible sheet matches 'Ol?'" in refusal_of(book, contract_of(tmp_path, extra="sheet: 'Ol?'\n"))


def test_a_workbook_with_one_visible_sheet_needs_no_name(tmp_path):
    sheets = {"Data": [HEADERS, ["A1", "S1", 1, 1]], "Old": [["x"]]}
    assert len(rows_of(workbook(tmp_path, sheets, hidden=["Old"]), contract_of(tmp_path))) == 1
    message = refusal_of(workbook(tmp_path, sheets), contract_of(tmp_path))
    assert message.startswith(
        "a.xlsx: the workbook has 2 visible sheets. The visible sheets are 'Data', 'Old'."
    )


def test_merged_header_rows_are_joined(tmp_path):
    text = ATTENDANCE.replace("[Enrolled]", "['Days Enrolled']").replace("[Absent]", "['Days Absent']")
    contract = contract_of(tmp_path, text, "reader: {header_rows: 2, skip_rows: 1, footer: '^Total'}\n")
    book = openpyxl.Workbook()
    for row in (
        ["Report"],
        ["StudentID", "SchoolCode", "Days", None],
        [None, None, "Enrolled", "Absent"],
        ["A1", "S1", 180, 3],
        ["Total", 1],
    ):
        book.active.append(row)
    book.active.merge_cells("C2:D2")
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "a.xlsx")
    assert [
        (r["Days Enrolled"], r["Days Absent"], r["_row_number"])
        for r in rows_of(tmp_path / "a.xlsx", contract)
    ] == [("180", "3", 4)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], ["the sheet is empty"]),
        ([HEADERS], ["header only"]),
        ([[*HEADERS, "New"], ["A1", SECRET, 1, 1, 1]], ["undeclared column 'New'"]),
        ([HEADERS, ["A1", "S1", 1, 1, SECRET]], ["row 2", "column 5 has no header"]),
        ([["A1", SECRET, 1, 1]], ["none of the contract's headers"]),
    ],
)
def test_bad_sheets_are_refused(tmp_path, rows, words):
    message = refusal_of(workbook(tmp_path, {"Data": rows}), contract_of(tmp_path))
    assert message.startswith("a.xlsx")
    assert all(word in message for word in words), message
    assert SECRET not in message


def test_what_is_no_workbook_is_refused(tmp_path):
    whole = workbook(tmp_path, {"Data": [HEADERS, ["A1", "S1", 1, 1]]}).read_bytes()
    for content in (whole[:2000], b"StudentID,SchoolCode\n"):
        assert "a.xlsx: the file is not a sound Excel workbook" in refusal_of(
            write(tmp_path, content, "a.xlsx"), contract_of(tmp_path)
        )


# ---- fixed width
FIXED = (
    "reader: {format: fixed_width, widths: {StudentID: [1, 4], SchoolCode: [5, 6], "
    "Enrolled: [11, 3], Absent: [15, 3]}, skip_rows: 1%s}\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_fixed_width_counts_characters(tmp_path, encoding):
    text = 'REPORT\nA1  Peñas 180   3\r\nA2  Ñandú 170   4\n\nA3  "S1   1   12\nTOTAL 3\n'
    contract = contract_of(tmp_path, extra=FIXED % ", footer: '^TOTAL'")
    rows = rows_of(write(tmp_path, text.encode(encoding), "a.txt"), contract)
    assert [tuple(r.values())[:5] for r in rows] == [
        ("A1", "Peñas", "180", "3", 2),
        ("A2", "Ñandú", "170", "4", 3),
        ("A3", '"S1', "1", "12", 5),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"R\nA1  S1    180   3\nA2  {SECRET}\n",
            ["row 3", "ends before its last column begins (position 15)"],
        ),
        (f"R\nA1  S1    180   3\nA2\x1f {SECRET}  180   3\n", ["row 3", "control character"]),
        (f"R\nA1  S1    180   3\nA2  S1    180   {'x' * 1_200_000}\n", ["row 3", "longer than 1 MB"]),
        ("R\n", ["header only"]),
        ("R\nA1  S\0    180   3\n", ["row 2", "NUL"]),
    ],
)
def test_bad_fixed_width_files_are_refused(tmp_path, text, words):
    message = refusal_of(write(tmp_path, text, "a.txt"), contract_of(tmp_path, extra=FIXED % ""))
    assert message.startswith("a.txt")
    assert all(word in message for word in words), message
    assert SECRET not in message


# ---- parquet
def test_parquet_columns_become_the_text_a_partner_would_write(tmp_path):
    with duckdb.connect() as con:
        con.execute(
            "copy (select 12345.0::double as StudentID, ['a', 'b'] as SchoolCode, "
            "180.5::decimal(9, 2) as Enrolled,"
            f" date '2024-09-03' as \" absent\" from range(2)) to '{tmp_path}/a.parquet'"
        )
    rows = rows_of(tmp_path / "a.parquet", contract_of(tmp_path))
    assert tuple(rows[1].values()) == ("12345", "a,b", "180.50", "2024-09-03", 2, "a.parquet")


def test_a_broken_parquet_file_is_refused(tmp_path):
    message = refusal_of(write(tmp_path, b"PAR1" + SECRET.encode() * 50, "a.parquet"), contract_of(tmp_path))
    assert message.startswith("a.parquet: the file is not a sound Parquet file")
    assert SECRET not in message


@pytest.mark.parametrize("after", ["", "A3   S3\n"], ids=["the last", "not the last"])
@pytest.mark.parametrize("megabytes", [2, 40])  # beyond the limit, and beyond DuckDB's buffer
def test_a_line_that_is_too_long_is_never_left_out(tmp_path, megabytes, after):
    widths = "{StudentID: [1, 5], SchoolCode: [6, 2]}"
    contract = contract_of(tmp_path, extra=f"reader: {{format: fixed_width, widths: {widths}}}\n")
    text = f"A1   S1\nA2   S2{SECRET}{'x' * megabytes * 10**6}\n{after}"
    message = refusal_of(write(tmp_path, text, "a.dat"), contract)
    assert message.startswith("a.dat, row 2: a cell is longer than 1 MB")
    text = f"{HEADER}\nA1,S1,1,1\nA2,S2,2,{SECRET}{'x' * megabytes * 10**6}\n{after and 'A3,S3,3,3'}"
    message = refusal_of(write(tmp_path, text), contract_of(tmp_path))
    assert message.startswith("attendance.csv, row 3: a cell is longer than 1 MB")
    assert SECRET not in message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{'a': 'Q7SECRET'}", '{"a":"Q7SECRET"}'),
        ("map {'a': 'Q7SECRET'}", '{"a":"Q7SECRET"}'),
        ("[['Q7SECRET']]", '[["Q7SECRET"]]'),
        ("[{'a': 1.5::decimal(4, 1)}]", '[{"a":1.5}]'),
    ],
)
def test_a_nested_value_in_parquet_is_refused_unless_an_expression_takes_it_apart(tmp_path, value, text):
    path = tmp_path / "a.parquet"
    duckdb.sql(f"select 'A1' as StudentID, {value} as Enrolled").write_parquet(str(path))
    message = refusal_of(path, contract_of(tmp_path))
    assert message.startswith("a.parquet: the value of 'Enrolled' is an object, or a list of objects")
    assert SECRET not in message
    taken_apart = ATTENDANCE.replace("{from: [Enrolled]}", "{sql: \"json_extract_string(Enrolled, '$.a')\"}")
    assert rows_of(path, contract_of(tmp_path, taken_apart))[0]["Enrolled"] == text


def test_a_small_parquet_file_of_endless_text_is_refused_before_it_is_read(tmp_path):
    path, columns = tmp_path / "a.parquet", "1 as Enrolled, 1 as Absent"
    duckdb.sql(
        f"select repeat('s', 800_000) as StudentID, 'S1' as SchoolCode, {columns} from range(1500)"
    ).write_parquet(str(path))
    assert path.stat().st_size < 100_000
    assert refusal_of(path, contract_of(tmp_path)).startswith(
        "a.parquet: the file unpacks to more than 250 times its size"
    )
    duckdb.sql(
        f"select repeat('s', if(range = 2, 1_100_000, 1)) as StudentID, {columns} from range(5)"
    ).write_parquet(str(path))
    assert refusal_of(path, contract_of(tmp_path)).startswith("a.parquet, row 3: a cell is longer than 1 MB")


# ---- json
OBJECT = {"StudentID": "A1", "SchoolCode": ["S1", "S2"], "Enrolled": 180.0, "Absent": None}
LONG = {
    "StudentID": "00012345678901234567890",
    "SchoolCode": ["[S1]", "{S2}"],
    "Enrolled": [],
    "Absent": True,
}


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_json_values_become_text(tmp_path, name):
    text = (
        json.dumps([OBJECT, LONG], indent=1)
        if name == "a.json"
        else f"{json.dumps(OBJECT)}\n\n{json.dumps(LONG)}\n"
    )
    rows = rows_of(write(tmp_path, text, name), contract_of(tmp_path))
    number = 2 if name == "a.json" else 3
    assert [tuple(r.values()) for r in rows] == [
        ("A1", "S1,S2", "180.0", None, 1, name),
        ("00012345678901234567890", "[S1],{S2}", "", "true", number, name),
    ]


@pytest.mark.parametrize("value", [{"a": SECRET}, [[SECRET]], [1, {"a": SECRET}]])
def test_a_nested_value_is_refused_unless_an_expression_takes_it_apart(tmp_path, value):
    records = [{"StudentID": "A1", "SchoolCode": "S1", "Enrolled": 1}, {"StudentID": "A2", "Enrolled": value}]
    for name, text, row in (
        ("a.json", json.dumps(records, indent=1), 2),
        ("a.ndjson", "\n\n".join(map(json.dumps, records)), 3),
    ):
        message = refusal_of(write(tmp_path, text, name), contract_of(tmp_path))
        assert message.startswith(f"{name}, row {row}: the value of 'Enrolled' is an object")
        assert SECRET not in message
        taken_apart = ATTENDANCE.replace(
            "{from: [Enrolled]}", "{sql: \"json_extract_string(Enrolled, '$.a')\"}"
        )
        rows = rows_of(write(tmp_path, text, name), contract_of(tmp_path, taken_apart))
        assert json.loads(rows[1]["Enrolled"]) == value


@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.parquet"])
@pytest.mark.parametrize("value", [["x,y", "z"], ["z", "x\u002cy"], [","], ['a","b']])
def test_a_list_with_a_comma_in_a_value_never_becomes_another_list(tmp_path, name, value):
    records = [{"StudentID": "A1", "SchoolCode": ["x", "y", "z"]}, {"StudentID": "A2", "SchoolCode": value}]
    path = write_records(tmp_path, name, records)
    message = refusal_of(path, contract_of(tmp_path))
    assert message.startswith(f"{name}, row 2: a value in the list of 'SchoolCode' has a comma")
    assert "z" not in message.split("'SchoolCode'")[1].split("has a comma")[0]
    taken_apart = ATTENDANCE.replace(
        "{from: [SchoolCode]}", "{sql: \"json_extract_string(SchoolCode, '$[0]')\"}"
    )
    contract = contract_of(tmp_path, taken_apart)
    assert json.loads(rows_of(path, contract)[1]["SchoolCode"]) == value


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.none() | st.text('ab[]{}"\\ nul', max_size=4), max_size=4))
def test_the_values_of_a_list_are_those_between_the_commas(tmp_path, value):
    expected = [one or "" for one in value]
    for name in ("a.ndjson", "a.parquet"):
        path = write_records(tmp_path, name, [{"StudentID": "A1", "SchoolCode": value}])
        text = rows_of(path, contract_of(tmp_path))[0]["SchoolCode"] or ""
        assert text.split(",") == (expected or [""])


def write_records(folder, name, records):
    """Records with a list of texts as SchoolCode, in the format that the name says."""
    if name.endswith(".parquet"):
        (folder / name).unlink(missing_ok=True)
        lines = write(folder, "\n".join(map(json.dumps, records)), "records.ndjson")
        columns = "{StudentID: 'varchar', SchoolCode: 'varchar[]'}"
        duckdb.sql(f"from read_json('{lines}', columns = {columns})").write_parquet(str(folder / name))
        return folder / name
    texts = [*map(json.dumps, records)]
    return write(folder, "\n".join(texts) if name.endswith(".ndjson") else f"[{','.join(texts)}]", name)


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
@pytest.mark.parametrize("after", [[], [{"StudentID": "A3"}]], ids=["the last", "not the last"])
@pytest.mark.parametrize("megabytes", [18, 40])  # beyond the limit, and beyond DuckDB's buffer
def test_an_object_that_is_too_long_is_named_as_such(tmp_path, name, after, megabytes):
    if name == "a.json" and megabytes < 20:
        return  # DuckDB's limit for an array is rather its buffer, and reads it
    records = [{"StudentID": "A1"}, {"StudentID": SECRET + "x" * megabytes * 10**6}, *after]
    message = refusal_of(write_records(tmp_path, name, records), contract_of(tmp_path))
    assert message.startswith(f"{name}, row 2: the object is longer than 16 MB.")
    assert SECRET not in message


@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.parquet"])
def test_a_fault_of_the_machine_is_not_the_files(tmp_path, name):
    records = [{"StudentID": f"{i:09d}" * 9, "SchoolCode": [str(i)]} for i in range(60_000)]
    path = write_records(tmp_path, name, records)
    small = {"memory_limit": "12MB", "temp_directory": "", "threads": 1}
    with duckdb.connect(config=small) as con, pytest.raises(duckdb.OutOfMemoryException):
        read_source(con, path, [contract_of(tmp_path)])


def test_long_numbers_in_json_keep_their_digits(tmp_path):
    text = '{"StudentID": 123456789012345678901234, "SchoolCode": 1, "Enrolled": 1, "Absent": 1}\n'
    assert (
        rows_of(write(tmp_path, text, "a.ndjson"), contract_of(tmp_path))[0]["StudentID"]
        == "123456789012345678901234"
    )


def test_keys_of_any_object_are_headers(tmp_path):
    text = (
        '{"StudentID": "A1", "SchoolCode": "S1", "Enrolled": 1}\n'
        '{"StudentID": "A2", "Absent": 4, "a/b~c\\"": 1}\n'
    )
    contract = contract_of(tmp_path, ATTENDANCE.replace("[Enrolled]", "['a/b~c\"', Enrolled]"))
    rows = rows_of(write(tmp_path, text, "a.ndjson"), contract)
    assert [(r["Absent"], r['a/b~c"']) for r in rows] == [(None, None), ("4", "1")]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "a.ndjson",
            f'{{"StudentID": "A1"}}\n{{"StudentID": "{SECRET}\n{{"StudentID: "A3"}}\n',
            ["line 2", "not valid JSON"],
        ),
        ("a.ndjson", f'["{SECRET}"]\n\n[1]\n', ["line 1", "not a JSON object"]),
        ("a.json", f'[{{"StudentID": "A1"}},\n{{"StudentID": "{SECRET}}}]', ["line 2", "not valid JSON"]),
        ("a.json", f'[{{"StudentID": "A1"}}, "{SECRET}"]', ["an element is not an object"]),
        ("a.json", f'{{"StudentID": "{SECRET}"}}', ["the file is not an array of objects"]),
        ("a.json", f'[{{"StudentID": "{SECRET}"', ["not valid JSON"]),
        (
            "a.json",
            f'[{{"StudentID": "A1"}}, {{"StudentID": "A2", "Absent": 1, "Absent": "{SECRET}"}}]',
            ["row 2", "has the key 'Absent' twice"],
        ),
        (
            "a.ndjson",
            f'{{"StudentID": "A1"}}\n\n{{"StudentID": "A2", "Absent": 1, "Absent": "{SECRET}"}}\n',
            ["row 3", "has the key 'Absent' twice"],
        ),
        (
            "a.json",
            f'[{{"StudentID": "A1"}}, {{"StudentID": "{SECRET}\\ud800"}}]',
            ["row 2", "half of a character"],
        ),
        (
            "a.ndjson",
            f'{{"StudentID": "{SECRET}\\udc00"}}',
            ["row 1", "half of a character"],
        ),
        ("a.json", "[]", ["the file is empty", "say `tolerance: {empty: true}` in the contract"]),
        ("a.ndjson", "\n", ["the file is empty", "say `tolerance: {empty: true}` in the contract"]),
        ("a.json", f'[{{"StudentID": "A1", "Extra": "{SECRET}"}}]', ["undeclared column 'Extra'"]),
        ("a.json", f'[{{"StudentID": "A1", "studentid": "{SECRET}"}}]', ["more than once"]),
    ],
)
def test_bad_json_is_refused(tmp_path, name, text, words):
    message = refusal_of(write(tmp_path, text, name), contract_of(tmp_path))
    assert message.startswith(name)
    assert all(word in message for word in words), message
    assert SECRET not in message


cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(cells, min_size=1, max_size=6))
def test_any_text_survives_the_way_through_json(tmp_path, texts):
    lines = "".join(json.dumps({"StudentID": "k", "SchoolCode": text}) + "\n" for text in texts)
    rows = rows_of(write(tmp_path, lines, "a.ndjson"), contract_of(tmp_path))
    assert [r["SchoolCode"] for r in rows] == texts


def test_a_row_of_a_workbook_costs_the_same_however_many_there_are(tmp_path):
    def calls(n):
        rows = [HEADERS, *([f"A{i}", "S1", 180, i % 9] for i in range(n))]
        path, contract = workbook(tmp_path, {"Data": rows}, name=f"{n}.xlsx"), contract_of(tmp_path)
        with duckdb.connect() as con:
            table = []
            counted = calls_of(lambda: table.append(read_source(con, path, [contract])))
            assert con.execute(f"select count(*), max(_row_number) from {table[0]}").fetchall() == [
                (n, n + 1)
            ]
        return counted.total()

    few, many = calls(1_000), calls(8_000)
    assert many < 8 * few
    assert many - few < 80 * 7_000  # a row has four cells


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r = '1048576'><c r\n='xfd1048576'><v>1</v></c></row>",
        '<row r="1048576">' + "<c/>" * 16_384 + "</row>",
        '<x:row r="1048576">' + "<x:c><x:v>1</x:v></x:c>" * 16_384 + "</x:row>",
    ],
)
@pytest.mark.parametrize("place", ["xl/worksheets/sheet1.xml", "data/anything"])
def test_a_cell_in_the_far_corner_is_refused_before_the_grid_is_made(tmp_path, row, place):
    path = tmp_path / "attendance.xlsx"
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1"><c r="A1" t="inlineStr"><is><t>StudentID</t></is></c></row>{row}</sheetData></worksheet>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(place, sheet)
    with pytest.raises(ReadError, match="spans too many cells"):
        _refuse_vast(Part(path, path.name))


def test_a_workbook_padded_with_blanks_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "attendance.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet>" + " " * 2**26 + "</worksheet>")

    def refused():
        with pytest.raises(ReadError, match=r"^attendance.xlsx: the file unpacks to more than 250 times"):
            _refuse_vast(Part(path, path.name))

    assert calls_of(refused)["spend"] < 64  # of as many MiB


def test_the_order_in_which_excel_computes_cells_is_no_row_of_cells(tmp_path):
    def refusal(name, cells):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("xl/calcChain.xml", f"<calcChain>{cells}</calcChain>")
        try:
            _refuse_vast(Part(tmp_path / name, name))
        except ReadError as error:
            return str(error)

    chain = "".join(f'<c i="1" r="B{i}"/>' for i in range(1, 60_000))
    assert refusal("a.xlsx", chain) is None
    # as many that say no place follow each other, and would be a row
    assert "spans too many cells" in refusal("b.xlsx", chain + '<c i="1"/>' * 60_000)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[{"StudentID": "A1", "x\\u0000": 1}]', "a key has a NUL character"),
        ('[{"StudentID": ' + "9" * 5000 + ', "x" 1}]', "more digits than any number"),
    ],
)
def test_odd_keys_and_numbers_of_json_are_refused(tmp_path, text, what):
    assert re.search(what, refusal_of(write(tmp_path, text, "a.json"), contract_of(tmp_path)))


@pytest.mark.parametrize("name", ["a" * 300 + ".csv", "ä" * 200 + ".csv"])
def test_a_member_of_a_zip_may_have_a_name_longer_than_any_file(tmp_path, name):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(".", "")
        archive.writestr(name, "StudentID,SchoolCode,Enrolled\nA1,S1,1\n")
    assert [row["StudentID"] for row in rows_of(path, contract_of(tmp_path))] == ["A1"]


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "[]"), ("a.json", " [\n]\n"), ("a.ndjson", ""), ("a.jsonl", "\n\n")]
)
def test_json_without_objects_may_report_that_nothing_happened(tmp_path, name, text):
    contract = contract_of(tmp_path, extra="tolerance: {empty: true}\n")
    with duckdb.connect() as con:
        table = read_source(con, write(tmp_path, text, name), [contract])
        assert con.table(table).columns[:2] == ["StudentID", "student_number"]
        assert con.table(table).fetchall() == []
        assert map_source(con, table, contract).columns[0] == "student_id"


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", ""), ("a.json", "\n"), ("a.json", "[{}]"), ("a.ndjson", "{}\n"), ("a.csv", "\n")],
)
def test_what_is_cut_off_or_without_keys_never_reports_that_nothing_happened(tmp_path, name, text):
    contract = contract_of(tmp_path, extra="tolerance: {empty: true}\n")
    refused = refusal_of(write(tmp_path, text, name), contract)
    assert name in refused
    assert re.search("empty|no keys|no headers|not a JSON|header", refused)
