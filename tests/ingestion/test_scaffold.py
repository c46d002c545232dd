"""A drafted contract is a start: what is clear is filled in, what is not is asked for."""

import json
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.contract import Contract
from ingestion.contracts.loading import load_contract
from ingestion.drafting.scaffold import Draft, draft_contract, file_pattern
from ingestion.errors import ContractError, ReadError
from tests.ingestion.sample_contracts import refusal_of, rows_of


def drafted(folder: Path, name: str, text: str | bytes, entity: str) -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return draft_contract(path, "hill_schools", entity).text


def test_a_draft_of_clear_headers_is_a_valid_contract(tmp_path: Path) -> None:
    rows = "Pupil,Campus,Days enrolled,Days missed,Lunch\nH1,Oak,180,4,F\n"
    text = drafted(tmp_path, "hill_attendance_2024-25_annual.csv", rows, "attendance")
    path = tmp_path / "hill_schools__attendance.yml"
    path.write_text(text)
    contract = load_contract(path)
    assert contract.file == "hill_attendance_{school_year}_{collection}.csv"
    assert {name: column.headers for name, column in contract.columns.items()} == {
        "student_id": ("Pupil",),
        "school_id": ("Campus",),
        "days_enrolled": ("Days enrolled",),
        "days_absent": ("Days missed",),
    }
    # nobody has decided what becomes of it, so the file is not read
    assert contract.ignore == ()
    assert '# headers not used yet, put each into `from:` or `ignore:`: ["Lunch"]\n' in text
    assert "undeclared column 'Lunch'" in refusal_of(
        tmp_path / "hill_attendance_2024-25_annual.csv", contract
    )


def test_the_pattern_of_a_name_is_written_as_it_is_read(tmp_path: Path) -> None:
    text = drafted(tmp_path, "año_2025.csv", "Pupil\nH1\n", "attendance")
    assert 'file: "año_{school_year}.csv"' in text


def test_what_is_not_found_is_asked_for_by_its_meaning(tmp_path: Path) -> None:
    text = drafted(tmp_path, "a.csv", "Pupil;Oddity\n1;2\n", "attendance")
    assert 'days_absent: {from: ["?"]}    # which header? Days absent for any reason' in text
    assert 'reader: {delimiter: ";"}' in text


def test_the_format_of_dates_is_read_off_the_rows_and_no_value_gets_into_the_draft(tmp_path: Path) -> None:
    rows = "Student ID,DOB,Sex,Zoë\nSECRET1,12/31/2015,F,\nSECRET2,1/2/2016,M,\n".encode("latin-1")
    text = drafted(tmp_path, "students.csv", rows, "person")
    assert 'birth_date: {from: ["DOB"], format: ["%m/%d/%Y"]}' in text
    assert 'gender: {from: ["Sex"]}' in text
    assert json.dumps(["Zoë"], ensure_ascii=False) in text
    assert "SECRET" not in text
    assert "2015" not in text


def test_workbooks_and_json_have_headers_too(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["StudentID", "School", "Enrolled", "Absent"])
    book.active.append(["1", "Oak", 180, 2])
    book.save(tmp_path / "a.xlsx")
    assert '["Absent"]' in draft_contract(tmp_path / "a.xlsx", "hill_schools", "attendance").text
    lines = '{"StudentID": "1", "School": "Oak"}\n'
    assert '["School"]' in drafted(tmp_path, "a.ndjson", lines, "attendance")


@pytest.mark.parametrize("name", ["a*.parquet", "a[12].parquet", "a?.json", "a*.ndjson"])
def test_signs_of_a_pattern_in_a_files_name_reach_no_other_file(tmp_path: Path, name: str) -> None:
    def write(name: str, header: str) -> None:
        path = tmp_path / name
        if path.suffix == ".parquet":
            duckdb.sql(f"copy (select '1' as \"StudentID\", 'Oak' as \"{header}\") to '{path}'")
        else:
            path.write_text(json.dumps({"StudentID": "1", header: "Oak"}) + "\n")

    write("a1" + Path(name).suffix, "Neighbor")
    write(name, "School")
    text = draft_contract(tmp_path / name, "hill_schools", "attendance").text
    assert '["School"]' in text
    assert "Neighbor" not in text


HEADERS = "Pupil;Campus;Days enrolled;Days missed\n"
ROWS = "SECRET1;Oak;177,5;3,5\nSECRET2;Oak;180,0;4,0\n"


def contract_and_draft(folder: Path, name: str, content: str | bytes) -> tuple[Contract, Draft]:
    """The draft of a file, and the contract it is as it stands."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    draft = draft_contract(path, "hill_schools", "attendance")
    target = folder / "hill_schools__attendance.yml"
    target.write_text(draft.text)
    assert all(f"# Noticed: {sentence}\n" in draft.text for sentence in draft.noticed)
    assert "SECRET" not in draft.text
    return load_contract(target), draft


def test_titles_and_another_delimiter_are_noticed_and_the_draft_reads_the_file(tmp_path: Path) -> None:
    content = f"Attendance, all schools\nprinted, in June, 2025\n\n{HEADERS}{ROWS}"
    contract, draft = contract_and_draft(tmp_path, "att_2025.csv", content)
    assert (contract.reader.skip_rows, contract.reader.delimiter) == (3, ";")
    assert "3 lines stand above the headers, which `skip_rows: 3` passes over." in draft.noticed
    assert "The delimiter is a semicolon, not a comma." in draft.noticed
    rows = rows_of(tmp_path / "att_2025.csv", contract)
    assert [(row["Pupil"], row["_row_number"]) for row in rows] == [("SECRET1", 5), ("SECRET2", 6)]


def test_a_line_above_the_headers_may_belong_to_them(tmp_path: Path) -> None:
    content = "Child,,Days,\nPupil,Campus,Days enrolled,Days missed\nSECRET1,Oak,1,1\n"
    _, draft = contract_and_draft(tmp_path, "att_2025.csv", content)
    (noticed,) = draft.noticed
    assert "1 line stands above" in noticed
    assert "`skip_rows: 0, header_rows: 2`" in noticed


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_second_header_row_is_noticed_in_a_draft_and_named_when_the_file_is_read(
    tmp_path: Path, ending: str
) -> None:
    rows = [["Pupil", "Campus", "Days", ""], ["", "", "Enrolled", "Absent"], ["SECRET1", "Oak", "180", "4"]]
    if ending == "xlsx":
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([cell or None for cell in row])
        book.save(tmp_path / "made.xlsx")
        content = (tmp_path / "made.xlsx").read_bytes()
    else:
        content = "".join(",".join(row) + "\n" for row in rows).encode()
    text = drafted(tmp_path, f"att_2025.{ending}", content, "attendance")
    assert "# Noticed: The row below the headers names columns that have no header" in text
    assert "`header_rows: 2`" in text
    target = tmp_path / "hill_schools__attendance.yml"
    target.write_text(text.replace('"?"', '"Enrolled"', 1).replace('"?"', '"Absent"') + 'ignore: ["Days"]\n')
    message = refusal_of(tmp_path / f"att_2025.{ending}", load_contract(target))
    assert "column 4 has no header but holds a value" in message
    assert "set `reader: {header_rows: 2}`" in message


@pytest.mark.parametrize("n_rows", [3, 3000])
@pytest.mark.parametrize("last", ["Total,2,,", "GRAND TOTAL,,540,", ",Totals:,540,12", "Record count: 3,,,"])
def test_a_row_of_totals_is_noticed_and_the_draft_reads_the_file_without_it(
    tmp_path: Path, last: str, n_rows: int
) -> None:
    header = "Pupil,Campus,Days enrolled,Days missed\n"
    body = "".join(f"H{i},Oak,180,4\n" for i in range(n_rows))
    text = drafted(tmp_path, "attendance_2025.csv", header + body + last + "\n\n", "attendance")
    assert "# Noticed: The last row seems to be one of totals" in text
    path = tmp_path / "hill_schools__attendance.yml"
    path.write_text(text)
    assert len(rows_of(tmp_path / "attendance_2025.csv", load_contract(path))) == n_rows


@pytest.mark.parametrize("last", ["Total,Oak,180,4", "Totalis,Oak,180,", "H9,,,"])
def test_a_last_record_is_no_row_of_totals(tmp_path: Path, last: str) -> None:
    rows = "Pupil,Campus,Days enrolled,Days missed\nH1,Oak,180,4\n"
    assert "footer" not in drafted(tmp_path, "attendance_2025.csv", rows + last, "attendance")


def test_a_record_below_the_headers_is_no_header_row(tmp_path: Path) -> None:
    content = "Pupil,Campus,Days enrolled,Days missed,\nSECRET1,Oak,1,1,SECRET2\n"
    assert "header_rows" not in drafted(tmp_path, "att_2025.csv", content, "attendance")


def test_a_row_below_sparse_headers_is_never_taken_for_them(tmp_path: Path) -> None:
    content = "Pupil,Campus,,,\nSECRET1,Oak,180,4,1\n"
    assert "SECRET" not in drafted(tmp_path, "att_2025.csv", content, "attendance")


@pytest.mark.parametrize(
    ("encoding", "says"), [("cp1252", "cp1252. That is tried"), ("utf-16", "utf-16. The file's first bytes")]
)
def test_another_encoding_is_noticed(tmp_path: Path, encoding: str, says: str) -> None:
    content = (HEADERS + ROWS).replace("Oak", "Élan").encode(encoding)
    _, draft = contract_and_draft(tmp_path, "att_2025.csv", content)
    assert any(f"The encoding is not UTF-8 but {says}" in sentence for sentence in draft.noticed)


def test_a_usual_file_has_nothing_to_be_noticed(tmp_path: Path) -> None:
    _, draft = contract_and_draft(tmp_path, "att_2025.csv", HEADERS.replace(";", ",") + "SECRET1,Oak,1,1\n")
    assert draft.noticed == ()


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("School Year", '`school_year: {from: ["School Year"]}`'),
        ("Note", "--school-year 2025"),
    ],
)
def test_a_name_without_a_year_is_noticed_with_the_column_that_may_hold_it(
    tmp_path: Path, header: str, says: str
) -> None:
    content = HEADERS.replace("\n", f";{header}\n") + "SECRET1;Oak;1;1;2025\n"
    _, draft = contract_and_draft(tmp_path, "attendance.csv", content)
    assert "The file's name holds no school year." in draft.noticed[-1]
    assert says in draft.noticed[-1]


def test_of_several_sheets_the_fullest_is_taken_and_told(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["Attendance of all schools"])
    data = book.create_sheet("Data")
    for row in (["Report"], [], HEADERS.strip().split(";"), ["SECRET1", "Oak", 180, 2]):
        data.append(row)
    book.save(tmp_path / "made.xlsx")
    contract, draft = contract_and_draft(tmp_path, "att_2025.xlsx", (tmp_path / "made.xlsx").read_bytes())
    assert (contract.sheet, contract.reader.skip_rows) == ("Data", 2)
    assert "Of 2 sheets 'Data' was taken, which holds most; the rest: 'Cover'." in draft.noticed
    assert [row["_row_number"] for row in rows_of(tmp_path / "att_2025.xlsx", contract)] == [4]


def test_an_unknown_entity_and_a_file_without_headers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="Did you mean 'attendance'"):
        drafted(tmp_path, "a.csv", "x\n", "attendence")
    with pytest.raises(ReadError, match="no headers"):
        drafted(tmp_path, "a.csv", "\n", "attendance")


A_RECORD = "4711,Maria Lopez,Oak,180,4,F\n"
HEADERLESS = {
    "one row": A_RECORD,
    "many rows": A_RECORD + "4712,Ana Diaz,Elm,180,0,F\n4713,Ben Ruiz,Oak,177,9,M\n",
    "names and codes alone": "Maria,Lopez,Oak\nAna,Diaz,Oak\nBen,Ruiz,Elm\n",
    "names alone, once": "Maria,Lopez,Oak\n",
    "ids of letters and digits": "H1001,Maria,Lopez\nH1002,Ana,Diaz\n",
    "a child called like a column": "Mark,2016-02-01,Oak\nAna,2016-05-09,Elm\n",
    "a missing value above numbers": "Maria,Lopez,n/a\nAna,Diaz,180\n",
    "below a title": f"All schools\n\n{A_RECORD}",
}


@pytest.mark.parametrize("entity", ["attendance", "person", "course_mark"])
@pytest.mark.parametrize("case", HEADERLESS)
def test_a_file_without_headers_is_refused_and_its_first_row_not_shown(
    tmp_path: Path, case: str, entity: str
) -> None:
    with pytest.raises(ReadError, match="may be a child's record, so they are not shown") as refused:
        drafted(tmp_path, "att_2025.csv", HEADERLESS[case], entity)
    shown = str(refused.value)
    assert not [text for text in ("4711", "Maria", "Lopez", "Oak", "H1001", "Mark", "2016") if text in shown]


def test_ids_that_became_the_keys_of_an_object_are_no_headers(tmp_path: Path) -> None:
    text = json.dumps({"4711": {"days": 180}, "4712": {"days": 177}})
    with pytest.raises(ReadError, match="2 look like values"):
        drafted(tmp_path, "a.json", text, "attendance")


def test_headers_in_another_language_are_headers_where_they_name_numbers(tmp_path: Path) -> None:
    rows = "Alumno;Escuela;Días\nA1;Oak;180\nA2;Elm;177\n"
    assert '"Alumno", "Escuela", "Días"' in drafted(tmp_path, "a.csv", rows, "attendance")


def test_a_header_that_looks_like_a_value_is_left_out_and_its_column_told(tmp_path: Path) -> None:
    rows = "Pupil,Campus,Days enrolled,2025-06-12\nA1,Oak,180,4\n"
    text = drafted(tmp_path, "a.csv", rows, "attendance")
    assert "# look like values, not headers, and are left out: in columns 4\n" in text
    assert "2025-06-12" not in text


def test_headers_printed_again_on_each_page_are_headers(tmp_path: Path) -> None:
    page = "Pupil,Campus,Remark\nA1,Oak,none\n"
    assert '# headers not used yet, put each into `from:` or `ignore:`: ["Remark"]' in drafted(
        tmp_path, "a.csv", page * 3, "attendance"
    )


CARDS = "Patron,Branch,Borrower Category,Home Zip,Notice\n{},Main,Juvenile,55401,{}\n"


def test_headers_that_nobody_knows_are_drafted_on_a_persons_word_and_else_told_by_their_place(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cards_2025.csv"
    path.write_text(CARDS.format("P100", "email") + "P101,East,Teen,55402,print\n")
    with pytest.raises(ReadError) as refused:
        draft_contract(path, "library", "person")
    said = str(refused.value)
    assert "of the 5 texts in its first row, 0 match a column" in said
    assert "0 look like values and 2 more name columns (column 1, column 4)" in said
    assert "if it holds the headers, say --has-headers" in said
    assert not [text for text in ("Patron", "Branch", "Borrower", "P100") if text in said]
    text = draft_contract(path, "library", "person", has_headers=True).text
    assert text.endswith('["Patron", "Branch", "Borrower Category", "Home Zip", "Notice"]\n')


def test_a_refusal_says_as_what_a_text_was_recognised_and_where_values_stand(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as refused:
        drafted(tmp_path, "a_2025.csv", "Mark,2016-02-01,Oak\nAna,2016-05-09,Elm\n", "course_mark")
    assert "1 match a column of the entity (column 1 mark), 1 look like values (column 2)" in str(
        refused.value
    )


def test_a_value_among_headers_stays_hidden_on_a_persons_word_too(tmp_path: Path) -> None:
    path = tmp_path / "cards_2025.csv"
    path.write_text(CARDS.replace("Notice", "2016-02-01").format("P100", "2"))
    assert "2016-02-01" not in draft_contract(path, "library", "person", has_headers=True).text


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("att_2025.csv", "att_{school_year}.csv"),
        ("att_202425_FALL.csv.gz", "att_{school_year}_{collection}.csv.gz"),
        ("students.xlsx", "students.xlsx"),
        ("downfall_1234.csv", "downfall_1234.csv"),
    ],
)
def test_a_files_name_becomes_a_pattern(name: str, pattern: str) -> None:
    assert file_pattern(name) == pattern


def test_xml_has_to_be_described_by_hand(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"a\.xml: a contract for XML cannot be drafted\. .* by hand"):
        drafted(tmp_path, "a.xml", "<All><Event/></All>", "attendance")


def test_abbreviated_headers_of_a_roster_are_known(tmp_path: Path) -> None:
    header = "Pupil No,Legal First,Legal Last,DOB,Sex,Eth Cd,Bldg,Gr,Enter Dt,Leave Dt\n"
    row = "40001,Ava,Lopez,03/19/2017,2,BL,E02,2,08/21/2024,\n"
    person = drafted(tmp_path, "roster_2025.csv", header + row, "person")
    for line in (
        'student_id: {from: ["Pupil No"]}',
        'first_name: {from: ["Legal First"]}',
        'last_name: {from: ["Legal Last"]}',
        'race_ethnicity: {from: ["Eth Cd"]}',
    ):
        assert f"  {line}\n" in person
    enrollment = drafted(tmp_path, "roster_2025.csv", header + row, "enrollment")
    for line in (
        'school_id: {from: ["Bldg"]}',
        'entry_date: {from: ["Enter Dt"], format: ["%m/%d/%Y"]}',
        'exit_date: {from: ["Leave Dt"]}',
    ):
        assert f"  {line}\n" in enrollment


def test_what_files_of_products_call_a_column_is_known(tmp_path: Path) -> None:
    text = drafted(
        tmp_path, "sign_in_2025.csv", "Kid #,Day,Activity,Location\n7,2024-09-03,Chess,Oak\n", "participation"
    )
    drafted_lines = [
        line.strip() for line in text.splitlines() if "from:" in line and not line.startswith("#")
    ]
    assert drafted_lines == [
        'student_id: {from: ["Kid #"]}',
        'program_id: {from: ["Activity"]}',
        'site_id: {from: ["Location"]}',
        'start_date: {from: ["Day"]}',
    ]


@pytest.mark.parametrize(
    "rows", ["", "G1001,,Head,1/2,yes,Cot\nG1002,F7,Child,,,Crib\n", "G1,Lopez,Head,,,Cot\n"]
)
def test_headers_that_match_nothing_are_listed_in_a_skeleton(tmp_path: Path, rows: str) -> None:
    header = "Guest#,Family#,Role,In,Out,Bed Type\n"
    text = drafted(tmp_path, "stays_2025.csv", header + rows, "housing_episode")
    assert 'entry_date: {from: ["?"]}    # which header?' in text
    assert text.endswith('["Guest#", "Family#", "Role", "In", "Out", "Bed Type"]\n')


@pytest.mark.parametrize("record", ["Maria Lopez,Head,Boise ID,Cot\n", "Maria,Type,Status,Code\n"])
def test_a_record_with_words_like_endings_of_headers_is_not_shown(tmp_path: Path, record: str) -> None:
    with pytest.raises(ReadError, match="may be a child's record"):
        drafted(tmp_path, "stays_2025.csv", record, "housing_episode")
