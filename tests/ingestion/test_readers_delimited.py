import csv
import io

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_contracts import ATTENDANCE, HEADER, contract_of, refusal_of, rows_of, write

from ingestion.errors import ContractError
from ingestion.readers import read_source, read_together

# stands in bad files, and must not stand in any message
SECRET = "Zephyrine"


def test_rows_are_numbered_as_in_the_file_and_name_it(tmp_path):
    rows = rows_of(write(tmp_path, f"{HEADER}\nA1,S1,180,3\nA2,S1,170,\n"), contract_of(tmp_path))
    assert rows == [
        {
            "StudentID": "A1",
            "SchoolCode": "S1",
            "Enrolled": "180",
            "Absent": "3",
            "_row_number": 2,
            "_source_file": "attendance.csv",
        },
        {
            "StudentID": "A2",
            "SchoolCode": "S1",
            "Enrolled": "170",
            "Absent": None,
            "_row_number": 3,
            "_source_file": "attendance.csv",
        },
    ]


def test_headers_are_found_whatever_their_case_and_blanks(tmp_path):
    path = write(tmp_path, "\ufeff studentid ,SCHOOLCODE,Enrolled,Absent\nA1,S1,180,3\n")
    assert rows_of(path, contract_of(tmp_path))[0]["studentid"] == "A1"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_reads_the_same(tmp_path, newline):
    text = newline.join([HEADER, 'A1,"S\n1",180,3', "A2,S1,170,4", ""])
    rows = rows_of(write(tmp_path, text), contract_of(tmp_path))
    assert [(r["StudentID"], r["SchoolCode"], r["_row_number"]) for r in rows] == [
        ("A1", "S\n1", 2),
        ("A2", "S1", 3),
    ]


def test_newlines_of_two_kinds_in_one_file_are_read(tmp_path):
    rows = rows_of(
        write(tmp_path, f"{HEADER}\r\nA1,S1,180,3\nA2,S1,170,4\r\nA3,S1,1,1\n"), contract_of(tmp_path)
    )
    assert [(r["StudentID"], r["Absent"], r["_row_number"]) for r in rows] == [
        ("A1", "3", 2),
        ("A2", "4", 3),
        ("A3", "1", 4),
    ]


def test_blank_records_count_and_are_left_out(tmp_path):
    rows = rows_of(write(tmp_path, f"{HEADER}\nA1,S1,180,3\n\n,,,\nA2,S1,170,4\n\n\n"), contract_of(tmp_path))
    assert [(r["StudentID"], r["_row_number"]) for r in rows] == [("A1", 2), ("A2", 5)]


def test_blank_lines_inside_quotes_are_data(tmp_path):
    rows = rows_of(write(tmp_path, f'{HEADER}\nA1,"S\n\n1",180,3\nA2,S1,170,4\n'), contract_of(tmp_path))
    assert [(r["SchoolCode"], r["_row_number"]) for r in rows] == [("S\n\n1", 2), ("S1", 3)]


def test_rows_above_the_header_are_skipped_and_counted(tmp_path):
    contract = contract_of(tmp_path, extra="reader: {skip_rows: 2}\n")
    rows = rows_of(write(tmp_path, f"Report\nof 2025\n{HEADER}\nA1,S1,180,3\n"), contract)
    assert rows[0]["_row_number"] == 4


def test_two_header_rows_are_joined_and_merged_cells_filled(tmp_path):
    text = ATTENDANCE.replace("[Enrolled]", "['Days Enrolled']").replace("[Absent]", "['Days Absent']")
    contract = contract_of(tmp_path, text, "reader: {header_rows: 2}\n")
    path = write(tmp_path, "StudentID,SchoolCode,Days,\n,,Enrolled,Absent\nA1,S1,180,3\n")
    assert rows_of(path, contract)[0] | {"_source_file": ""} == {
        "StudentID": "A1",
        "SchoolCode": "S1",
        "Days Enrolled": "180",
        "Days Absent": "3",
        "_row_number": 3,
        "_source_file": "",
    }


@pytest.mark.parametrize("footer", ["Total,2,,\n", "\n(2 rows affected)\n", '"Total",2,,\n\nTotal again\n\n'])
def test_footers_are_dropped(tmp_path, footer):
    contract = contract_of(tmp_path, extra="reader: {footer: '^Total|^\\(\\d+ rows'}\n")
    rows = rows_of(write(tmp_path, f"{HEADER}\nTotal,S1,180,3\nA2,S1,170,4\n{footer}"), contract)
    # a record that looks like a footer, with data below it, is data
    assert [(r["StudentID"], r["_row_number"]) for r in rows] == [("Total", 2), ("A2", 3)]


def test_trailing_columns_without_a_header_are_left_out(tmp_path):
    rows = rows_of(write(tmp_path, f"{HEADER},,\nA1,S1,180,3,,\nA2,S1,170,4\n"), contract_of(tmp_path))
    assert [r["StudentID"] for r in rows] == ["A1", "A2"]
    assert set(rows[0]) == {*HEADER.split(","), "_row_number", "_source_file"}


def test_other_delimiters_and_quotes_are_those_of_the_contract(tmp_path):
    contract = contract_of(tmp_path, extra="reader: {delimiter: '||', quote: ''}\n")
    rows = rows_of(write(tmp_path, 'StudentID||SchoolCode||Enrolled||Absent\n"A1||S1||180||3\n'), contract)
    assert rows[0]["StudentID"] == '"A1'


def test_tab_separated_files_need_no_word(tmp_path):
    path = write(tmp_path, f"{HEADER}\nA1,S1,180,3\n".replace(",", "\t"), "a.tsv")
    assert rows_of(path, contract_of(tmp_path))[0]["Absent"] == "3"


def test_names_that_mean_something_to_a_database_are_only_names(tmp_path):
    text = ATTENDANCE.replace("[SchoolCode]", """['Sch"o]ol'' --{x}']""").replace("[Absent]", "[rowid]")
    path = write(
        tmp_path, 'StudentID,"Sch""o]ol\' --{x}",Enrolled,rowid\nA1,S1,180,3\nA2,S2,1,1\n', "a[1]*'.csv"
    )
    rows = rows_of(path, contract_of(tmp_path, text))
    assert [(r["Sch\"o]ol' --{x}"], r["rowid"], r["_row_number"]) for r in rows] == [
        ("S1", "3", 2),
        ("S2", "1", 3),
    ]


def test_ignored_columns_are_not_read(tmp_path):
    contract = contract_of(tmp_path, extra="ignore: [SSN]\n")
    assert "SSN" not in rows_of(write(tmp_path, f"{HEADER},SSN\nA1,S1,180,3,123\n"), contract)[0]


def test_one_scan_serves_contracts_that_read_alike(tmp_path):
    attendance = contract_of(tmp_path, extra="ignore: [Name]\n")
    school = contract_of(
        tmp_path,
        "partner: river\nentity: school\ntitle: t\nagreement: rcs_2024\nfile: '*.csv'\ncolumns:\n"
        "  school_id: {from: [SchoolCode]}\n  school_name: {from: [Name]}\n"
        "ignore: [StudentID, Enrolled, Absent]\n",
    )
    path = write(tmp_path, f"{HEADER},Name\nA1,S1,180,3,North\n")
    with duckdb.connect() as con:
        table = read_source(con, path, read_together(attendance, [school, attendance]))
        assert con.execute(f'select "StudentID", "Name" from {table}').fetchall() == [("A1", "North")]
        other = attendance.model_copy(update={"sheet": "Two"})
        with pytest.raises(ContractError, match="cannot share one reading"):
            read_source(con, path, [attendance, other])


def test_more_than_a_million_rows_keep_their_numbers(tmp_path):
    path = tmp_path / "big.csv"
    with duckdb.connect() as con:
        con.execute(
            f"copy (select 'A' || (i + 2) as StudentID, 'S1' as SchoolCode, 180 as Enrolled, 3 as Absent"
            f" from range(1500000) t(i)) to '{path}' (header)"
        )
        con.execute("set threads = 4")
        table = read_source(con, path, [contract_of(tmp_path)])
        wrong = f"""select count(*), count(*) filter (where "StudentID" <> 'A' || _row_number) from {table}"""
        assert con.execute(wrong).fetchall() == [(1_500_000, 0)]


BAD_FILES = {
    "empty": ("", ["attendance.csv", "the file is empty"]),
    "blank": ("\n\n", ["attendance.csv", "the file is empty"]),
    "header only": (f"{HEADER}\n", ["attendance.csv", "header only", "last good delivery stays in force"]),
    "wrong delimiter": (
        f"{HEADER}\nA1,{SECRET},1,1\n".replace(",", ";"),
        ["one column", "semicolon", "delimiter: ';'"],
    ),
    "no header row": (f"A1,{SECRET},180,3\nA2,S1,1,1\n", ["none of the contract's headers", "skip_rows"]),
    "no header row, but a value that is like a header": (
        f"A1,{SECRET},180,Absent\nA2,S1,1,1\n",
        ["3 of the 4 headers match nothing", "lacks its header row"],
    ),
    "undeclared": (
        f"{HEADER},Surprise\nA1,{SECRET},1,1,{SECRET}\n",
        ["undeclared column 'Surprise' (column 5)", "`ignore`"],
    ),
    "no header row, and two cells of which one is like a header": (
        f"{SECRET},Absent\nA2,1\n",
        ["undeclared column 1, not shown since it may be a value", "`ignore`"],
    ),
    "values among the headers": (
        f"{HEADER},{SECRET}@example.org,2016-{SECRET}-02-01-4711-8812-0393,Surprise\nA1,S1,1,1,1,1,1\n",
        ["undeclared columns 5, 6, 7: 'Surprise', and what may be a value and is not shown"],
    ),
    "near miss": (
        f"{HEADER},StudentNumber\nA1,{SECRET},1,1,\n",
        ["'StudentNumber' may be a new name of 'student_number'"],
    ),
    "repeated": (f"{HEADER},absent\nA1,{SECRET},1,1,1\n", ["more than once: 'Absent', 'absent'"]),
    "reserved": (f"{HEADER},_row_number\nA1,{SECRET},1,1,1\n", ["reserved name: '_row_number'"]),
    "short row": (f"{HEADER}\nA1,S1,1,1\n{SECRET},S1\n", ["row 3", "the row has 2 cells, the header row 4"]),
    "long row": (
        f"{HEADER}\nA1,S1,1,1\n\nA2,{SECRET},1,1,7\n",
        ["row 4", "the row has 5 cells, the header row 4"],
    ),
    "open quote": (f'{HEADER}\nA1,S1,1,1\nA2,"{SECRET},1,1\n', ["row 3", "never closed"]),
    "broken quote": (
        f'{HEADER}\nA1,"a\nb",1,1\nA2,"{SECRET}"x,1,1\n',
        ["row 3", "goes on after its closing quote"],
    ),
    "large cell": (f"{HEADER}\nA1,S1,1,1\nA2,{'x' * 10_000_000},1,1\n", ["row 3", "longer than 1 MB"]),
    "just too large": (f"{HEADER}\nA1,S1,1,1\nA2,{'x' * 1_100_000},1,1\n", ["row 3", "longer than 1 MB"]),
    "NUL": (f'{HEADER}\nA1,"a\nb",1,1\nA2,{SECRET}\0,1,1\n', ["row 3", "NUL character"]),
    "value without header": (
        f"{HEADER},\nA1,S1,1,1,\nA2,S1,1,1,{SECRET}\n",
        ["row 3", "column 5 has no header"],
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_refused_with_place_rule_and_next_step(tmp_path, case):
    content, words = BAD_FILES[case]
    message = refusal_of(write(tmp_path, content), contract_of(tmp_path))
    assert message.startswith("attendance.csv")
    assert all(word in message for word in words), message
    assert SECRET not in message
    assert "xxx" not in message


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    assert "there is no such file" in refusal_of(tmp_path / "gone.csv", contract_of(tmp_path))


def test_an_unknown_ending_is_refused(tmp_path):
    message = refusal_of(write(tmp_path, "x", "a.docx"), contract_of(tmp_path))
    assert "a.docx: the format of a file that ends in '.docx' is unknown" in message


cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans()
)
def test_any_text_survives_the_way_through_csv(tmp_path, pairs, newline, quote_all):
    buffer = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_NONNUMERIC
    writer = csv.writer(buffer, lineterminator=newline, quoting=quoting)
    writer.writerows([HEADER.split(","), *(["key", a, b, "1"] for a, b in pairs)])
    rows = rows_of(write(tmp_path, buffer.getvalue()), contract_of(tmp_path))
    assert [(r["SchoolCode"] or "", r["Enrolled"] or "") for r in rows] == pairs
    assert [r["_row_number"] for r in rows] == list(range(2, len(pairs) + 2))
