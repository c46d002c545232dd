import datetime as dt
import tempfile
import unicodedata
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sample_contracts import ATTENDANCE, contract_of, write

from ingestion.contracts.columns import Column
from ingestion.contracts.contract import match_file
from ingestion.contracts.file_names import parse_school_year
from ingestion.errors import ContractError, MilepostError, ReadError
from ingestion.mapping.mapping import map_source
from ingestion.mapping.parsing import parsed, school_year
from ingestion.mapping.steps import Steps
from ingestion.readers import read_source

SECRET = "Zephyrine"


def mapped(folder, csv, text=ATTENDANCE, extra=""):
    """The mapped rows of a CSV file, in order, as dictionaries, and the MappedTable."""
    contract = contract_of(folder, text, extra)
    with duckdb.connect() as con:
        table = map_source(con, read_source(con, write(folder, csv), [contract]), contract)
        result = con.execute(f"select * from {table.table} order by _row_number")
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()], table


def parse(value, **column):
    """What SQL makes of one text by a column's rules."""
    with duckdb.connect() as con:
        return con.execute(
            f"select {parsed('v', Column(value='x', **column))} from (select ?::varchar as v)", [value]
        ).fetchall()[0][0]


def test_rows_are_typed_and_what_did_not_parse_is_marked(tmp_path):
    rows, table = mapped(
        tmp_path,
        "StudentID,SchoolCode,Enrolled,Absent\n A1 ,S1,180,3.5\nA2,,x,.\n",
        extra="missing: ['', '.']\n",
    )
    assert table.columns == ("student_id", "school_id", "days_enrolled", "days_absent")
    assert table.unparsed == {
        "days_enrolled": "days_enrolled__unparsed",
        "days_absent": "days_absent__unparsed",
    }
    assert rows == [
        {
            "student_id": "A1",
            "school_id": "S1",
            "days_enrolled": Decimal("180"),
            "days_absent": Decimal("3.5"),
            "days_enrolled__unparsed": False,
            "days_absent__unparsed": False,
            "_row_number": 2,
            "_source_file": "attendance.csv",
        },
        {
            "student_id": "A2",
            "school_id": None,
            "days_enrolled": None,
            "days_absent": None,
            "days_enrolled__unparsed": True,
            "days_absent__unparsed": False,
            "_row_number": 3,
            "_source_file": "attendance.csv",
        },
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("+12", 12),
        ("-3", -3),
        ("007", 7),
        ("12.0", 12),
        ("12.", 12),
        ("12.5", None),
        ("1,234", None),
        ("1e3", None),
        ("0x1A", None),
        ("1_000", None),
        ("99999999999999999999", None),
        ("12%", None),
        ("true", None),
        (None, None),
    ],
)
def test_integers_are_whole_numbers(text, number):
    assert parse(text, type="integer") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.5", Decimal("12.5")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("98.12345", Decimal("98.1235")),
        ("1,234", None),
        ("1_0", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_decimals_keep_four_places(text, number):
    assert parse(text, type="decimal") == number


US = ["%m/%d/%Y", "%Y%m%d", "%d-%b-%Y"]


@pytest.mark.parametrize(
    ("text", "formats", "date"),
    [
        ("02/28/2024", US, dt.date(2024, 2, 28)),
        ("2/8/2024", US, dt.date(2024, 2, 8)),
        ("20240228", US, dt.date(2024, 2, 28)),
        ("3-Feb-2024", US, dt.date(2024, 2, 3)),
        ("02/30/2024", US, None),
        ("02/28/24", US, None),
        ("2024-02-28", US, dt.date(2024, 2, 28)),
        ("2024-02-28 00:00:00", [], dt.date(2024, 2, 28)),
        ("12/31/9999", US, dt.date(9999, 12, 31)),
        ("45000", ["excel"], dt.date(2023, 3, 15)),
        ("45000.75", ["excel"], dt.date(2023, 3, 15)),
        ("12", ["excel"], None),
        ("0", ["days since 1960-01-01"], dt.date(1960, 1, 1)),
        ("23424", ["%m/%d/%Y", "days since 1960-01-01"], dt.date(2024, 2, 18)),
        ("epoch", US, None),
        ("infinity", [], None),
        ("epoch", [], None),
        ("soon", US, None),
    ],
)
def test_dates_parse_in_every_declared_format_and_in_iso(text, formats, date):
    assert parse(text, type="date", format=formats) == date


@settings(max_examples=150, deadline=None)
@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)),
    st.sampled_from(
        ["%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%Y-%m-%d", "%d %B %Y", "excel", "days since 1970-01-01"]
    ),
)
def test_every_date_written_in_a_format_is_read_back(date, form):
    epochs = {"excel": dt.date(1899, 12, 30), "days since 1970-01-01": dt.date(1970, 1, 1)}
    text = str((date - epochs[form]).days) if form in epochs else date.strftime(form)
    # Excel's serials are refused before March 1900
    assert parse(text, type="date", format=[form]) == (None if form == "excel" and int(text) < 61 else date)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("Y", True),
        ("yes", True),
        ("TRUE", True),
        ("1", True),
        ("n", False),
        ("0", False),
        ("F", False),
        ("maybe", None),
        ("2", None),
    ],
)
def test_booleans_have_common_words(text, truth):
    assert parse(text, type="boolean") is truth


def test_booleans_take_the_words_of_the_contract():
    assert [parse(v, type="boolean", true=["FRL"], false=["Paid"]) for v in ("frl", "PAID", "Y")] == [
        True,
        False,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "separator", "codes"),
    [
        ("W", ";", "W"),
        ("W;B", ";", "W;B"),
        ("W, B", ",", "W;B"),
        (",W,,B , H,", ",", "W;B;H"),
        (",,", ",", None),
        ("W|B", "|", "W;B"),
        ("W||B", "||", "W;B"),
        (None, ",", None),
    ],
)
def test_several_codes_are_trimmed_and_joined_by_semicolons(text, separator, codes):
    assert parse(text, type="codes", separator=separator) == codes


@pytest.mark.parametrize(
    "text",
    [
        "2025",
        " 2025 ",
        "2024-25",
        "2024_2025",
        "2024/25",
        "202425",
        "2024–2025",
        "2024 - 25",
        "2024-26",
        "25",
        "x",
        "20242025",
        "1999-00",
        "1899",
        "2025.0",
    ],
)
def test_school_years_are_read_as_in_file_names(text):
    with duckdb.connect() as con:
        assert con.execute(f"select {school_year('v')} from (select ?::varchar as v)", [text]).fetchall()[0][
            0
        ] == parse_school_year(text)


def test_expressions_constants_and_filters(tmp_path):
    text = ATTENDANCE.replace("{from: [SchoolCode]}", "{value: S9}").replace(
        "{from: [Absent]}",
        """{sql: 'try_cast("Days ""P" as integer) - try_cast(present as integer) -- days'}""",
    )
    csv = (
        'StudentID,Enrolled,"Days ""P",Present,Type\nA1,180,100,97,A\nA2,180,1,1,B\n'
        "A3,180,NA,1,A\nA4,1,1,1,\n"
    )
    rows, _ = mapped(tmp_path, csv, text, """rows: {where: "type = 'A' -- only these"}\nmissing: [NA]\n""")
    assert [(r["student_id"], r["school_id"], r["days_absent"], r["_row_number"]) for r in rows] == [
        ("A1", "S9", 3, 2),
        ("A3", "S9", None, 4),
    ]


def test_distinct_rows_are_taken_once_with_the_first_row_number(tmp_path):
    csv = "StudentID,SchoolCode,Enrolled,Absent\nA1,S1,180,3\nA2,S1,180,3\nA1, S1 ,180,3\nA1,S1,180,4\n"
    rows, _ = mapped(tmp_path, csv, extra="rows: {distinct: true}\n")
    assert [(r["student_id"], r["days_absent"], r["_row_number"]) for r in rows] == [
        ("A1", Decimal("3"), 2),
        ("A2", Decimal("3"), 3),
        ("A1", Decimal("4"), 5),
    ]


def test_year_and_collection_come_from_the_file(tmp_path):
    csv = "StudentID,SchoolCode,Enrolled,Absent,Year,Season\nA1,S1,1,1,2024-25,Fall \nA2,S1,1,1,soon,\n"
    rows, table = mapped(tmp_path, csv, extra="school_year: {from: [Year]}\ncollection: {from: [Season]}\n")
    assert table.period_columns == ("school_year", "collection")
    assert [(r["school_year"], r["school_year__unparsed"], r["collection"]) for r in rows] == [
        (2025, False, "fall"),
        (None, True, None),
    ]


ASSESSMENT = """
partner: river
entity: assessment
title: t
agreement: a
file: "*.csv"
columns:
  student_id: {from: [ID]}
  assessment_id: {sql: "'MAP-' || season"}
  subject: {from: [Subject]}
  test_date: {from: [taken], format: ["%m/%d/%Y"]}
  scale_score: {from: [score]}
unpivot:
  name: season
  into:
    score: {fall: [FallScore, Score1], spring: [SpringScore]}
    taken: {fall: [FallDate], spring: [SpringDate]}
"""


def test_repeated_columns_become_rows_and_empty_repeats_none(tmp_path):
    csv = (
        "ID,Subject,Score1,FallDate,SpringScore,SpringDate\nA,math,200,09/01/2024,210,x\n"
        "B,math,,,205,\nC,math,,,,\n"
    )
    rows, _ = mapped(tmp_path, csv, ASSESSMENT)
    got = [
        (
            r["student_id"],
            r["assessment_id"],
            r["scale_score"],
            r["test_date"],
            r["test_date__unparsed"],
            r["_row_number"],
        )
        for r in rows
    ]
    assert sorted(got, key=lambda r: r[:2]) == [
        ("A", "MAP-fall", 200, dt.date(2024, 9, 1), False, 2),
        ("A", "MAP-spring", 210, None, True, 2),
        ("B", "MAP-spring", 205, None, False, 3),
    ]


def test_optional_columns_may_be_absent_and_the_first_header_wins(tmp_path):
    text = ATTENDANCE.replace("entity: attendance", "entity: school").split("columns:")[0]
    text += (
        "columns:\n  school_id: {from: [Code, OldCode]}\n  school_name: {from: [Name]}\n"
        "  zip_code: {from: [Zip]}\n"
    )
    rows, _ = mapped(tmp_path, "OldCode,Name,Code\nold,North,new\n", text)
    assert (rows[0]["school_id"], rows[0]["zip_code"]) == ("new", None)


@pytest.mark.parametrize(
    ("csv", "extra", "words"),
    [
        (
            "StudentID,Enrolled,Absent\n",
            "",
            ["the required column 'school_id' has no header", "looked for 'SchoolCode'"],
        ),
        (
            "StudentID,SchoolCode,Enrolled\n",
            "rows: {where: \"Absents = 'x'\"}\n",
            ["'Absent'", "rows.where has no header", "'Absents'"],
        ),
        (
            "StudentID,SchoolCode,Enrolled,Absent\n",
            "school_year: {from: [SchoolCodes]}\n",
            ["'school_year'", "The nearest header in the file is 'SchoolCode'"],
        ),
    ],
)
def test_missing_headers_are_refused_with_those_tried(tmp_path, csv, extra, words):
    with pytest.raises(ReadError) as refusal:
        mapped(tmp_path, csv + ",".join([SECRET, *["1"] * csv.count(",")]) + "\n", extra=extra)
    assert all(word in str(refusal.value) for word in words), str(refusal.value)
    assert "attendance.csv: " in str(refusal.value)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("column", "extra", "place", "line"),
    [
        ("{sql: 'cast(Absent as integer)'}", "", "columns.days_absent.sql", 11),
        ("{from: [Absent]}", "rows: {where: 'Enrolled::integer > 1'}\n", "rows.where", 12),
    ],
)
def test_an_expression_that_fails_is_named_without_the_value(tmp_path, column, extra, place, line):
    text = ATTENDANCE.replace("{from: [Absent]}", column)
    with pytest.raises(ContractError) as refusal:
        mapped(
            tmp_path,
            f"StudentID,SchoolCode,Enrolled,Absent\nA1,S1,1,1\nA2,S1,{SECRET},{SECRET}\n",
            text,
            extra,
        )
    message = str(refusal.value)
    assert f"river__attendance.yml:{line}: {place} fails on these rows (ConversionException)" in message
    assert SECRET not in message
    assert refusal.value.__suppress_context__
    assert isinstance(refusal.value, MilepostError)


def test_headers_with_quotes_brackets_and_comments_are_only_names(tmp_path):
    text = ATTENDANCE.replace("[SchoolCode]", """['a"b]'' -- ; ü']""")
    rows, _ = mapped(tmp_path, 'StudentID,"a""b]\' -- ; ü",Enrolled,Absent\nA1,S1,1,1\n', text)
    assert rows[0]["school_id"] == "S1"


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10))
@example(" \xa0")  # DuckDB's trim takes other spaces away too, unless told which
def test_text_is_trimmed_of_blanks_its_accents_composed_and_nothing_else(text):
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        steps = Steps(contract_of(Path(folder), extra="missing: ['', NA]\n"), {}, "s")
        expected = unicodedata.normalize("NFC", text.strip(" "))
        got = con.execute(f"select {steps._cleaned('h')} from (select ?::varchar as h)", [text]).fetchall()[
            0
        ][0]
        assert got == (None if expected in ("", "NA") else expected)


ACCENTED = """
partner: river
entity: student_status
title: Estado
agreement: rcs_2024
file: "estado_año_{school_year}.csv"
missing: ["", sin evaluación]
columns:
  student_id: {from: [Matrícula]}
  is_migrant: {sql: "case when \\"Año\\" = 'último' then 'true' else 'false' end"}
  is_homeless: {from: [Sin casa], true: [sí], false: ["no"]}
"""
ACCENTED_ROWS = "Matrícula,Año,Sin casa\nÑ1,último,SÍ\nÑ2,primero,sin evaluación\n"


@pytest.mark.parametrize("contract_form", ["NFC", "NFD"])
@pytest.mark.parametrize("file_form", ["NFC", "NFD"])
def test_accents_match_whichever_way_they_are_written(tmp_path, contract_form, file_form):
    text = unicodedata.normalize(contract_form, ACCENTED)
    rows, _ = mapped(tmp_path, unicodedata.normalize(file_form, ACCENTED_ROWS), text)
    found = [(r["student_id"], r["is_migrant"], r["is_homeless"]) for r in rows]
    assert found == [("Ñ1", True, True), ("Ñ2", False, None)]
    assert not any(row["is_homeless__unparsed"] for row in rows)
    name = unicodedata.normalize(file_form, "estado_año_2025.csv")
    assert match_file(contract_of(tmp_path, text), name).school_year == 2025
