"""Public tables about areas: each number under one kind, markers of hidden numbers kept beside NULL."""

from pathlib import Path

import duckdb
import pytest
from one_partner import OnePartner, failed_rules, write_csv

from ingestion.contracts.layout import load_layout
from ingestion.contracts.sql_functions import define_sql_functions

ACS_HEADER = "GEO_ID,NAME,B25070_001E,B25070_001M,B25070_001EA,B25070_001MA,B19013_001E,B19013_001M,B19013_001EA,B19013_001MA"


@pytest.mark.parametrize(
    ("printed", "number", "marker", "least", "most"),
    [
        ("86.1", "86.1", None, None, None),
        ("86.1 %", "86.1", None, None, None),
        ("$1,234", "1234", None, None, None),
        ("-3", "-3", None, None, None),
        ("***", None, "***", None, None),
        ("*", None, "*", None, None),
        ("s", None, "s", None, None),
        ("<5", None, "<5", None, "5"),
        ("n<10", None, "n<10", None, "10"),
        (">95", None, ">95", "95", None),
        ("≥95%", None, "≥95%", "95", None),
        ("10-20%", None, "10-20%", "10", "20"),
        ("250,000+", None, "250,000+", "250000", None),
        ("2,500-", None, "2,500-", None, "2500"),
        ("-666666666", None, "-666666666", None, None),
        ("-999999999.0", None, "-999999999.0", None, None),
        ("about 12", "about 12", None, None, None),  # no number and no marker: left for the column to refuse
        ("1,23", "1,23", None, None, None),
    ],
)
def test_a_printed_number_is_a_number_a_band_or_a_marker(
    printed: str, number: str | None, marker: str | None, least: str | None, most: str | None
) -> None:
    with duckdb.connect() as con:
        define_sql_functions(con)
        row = con.execute(
            "select shown_number($1), hidden_marker($1), least_of($1), most_of($1)", [printed]
        ).fetchone()
    assert row == (number, marker, least, most)


def test_an_acs_table_is_a_row_per_area_and_variable(partner: OnePartner) -> None:
    partner.contract("acs_table")
    path = write_csv(
        partner.sent / "ours_ACSDT5Y2022.B25070-Data.csv",
        ACS_HEADER,
        [
            "Geography,Geographic Area Name,Estimate!!Total:,Margin of Error!!Total:,A,M,Estimate!!Median,Margin,A,M",
            '1400000US27053000101,"Tract 1.01",412,87,,,250001,-333333333,"250,000+",***',
            '0500000US27053,"Hennepin County",1000,-555555555,,*****,75000,1200,,',
            '860Z200US55401,"ZCTA5 55401",0,12,,,-666666666,-222222222,-,**',
        ],
    )
    (outcome,) = partner.load(path).values()
    assert (outcome.outcome, outcome.rows, outcome.quarantined) == ("accepted", 6, 0)
    assert partner.rows(
        "area_measure",
        "select area_type, area_id, measure_id, value_kind, value::double, value_low::double,"
        " margin_of_error::double, suppression_marker from raw order by area_id, measure_id desc",
    ) == [
        ("050", "27053", "B25070_001", "count", 1000, None, 0, None),
        ("050", "27053", "B19013_001", "median", 75000, None, 1200, None),
        ("140", "27053000101", "B25070_001", "count", 412, None, 87, None),
        ("140", "27053000101", "B19013_001", "median", None, 250000, None, "250,000+"),
        ("860", "55401", "B25070_001", "count", 0, None, 12, None),
        ("860", "55401", "B19013_001", "median", None, None, None, "-"),
    ]


KINDS = {
    "median": ["B19013A", "B19126", "B19125", "B25058", "B25088", "B20004", "B22008", "B01002", "B25064", "B25071"],
    "mean": ["B19301", "B25010", "B19081"],
    "index": ["B19083"],
    "percent": ["B19082", "B98013"],
    "dollars": ["B19025", "B17011", "B20003", "B25082"],
    "count": ["B01001A", "B14003", "B17001", "C15002B", "B19001", "B19058", "B25003", "B25070", "B25132", "B08013",
              "B25019", "B24010", "B05003PR", "B98001", "B12001"],
    # a quartile, an upper limit of quintiles, a table that does not exist
    "B25057": ["B25057"], "B19080": ["B19080"], "B25199": ["B25199"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "table"), [(kind, table) for kind, tables in KINDS.items() for table in tables]
)
def test_the_number_of_a_table_tells_what_kind_its_numbers_are(kind: str, table: str) -> None:
    (extract,) = load_layout("acs_table").extracts
    told = f"select {extract.columns['value_kind'].sql} from (select ? as variable)"
    assert duckdb.execute(told, [f"{table}_001"]).fetchall() == [(kind,)]


def test_a_table_without_a_variable_of_the_survey_is_refused(partner: OnePartner) -> None:
    partner.contract("acs_table")
    path = write_csv(partner.sent / "ours_ACSDT5Y2022.B25070-Data.csv", "GEO_ID,NAME", ["0100000US,All"])
    (outcome,) = partner.load(path).values()
    assert outcome.outcome == "rejected"
    assert "the unpivoted column 'estimate' has no header in the file" in outcome.reason
    assert partner.in_force() == []


REPORT_HEADER = "Level,Entity ID,Entity Name,Measure,Student Group,Value Type,Numerator,Denominator,Rate"


def test_a_report_card_keeps_what_stands_for_a_number(partner: OnePartner) -> None:
    partner.contract("state_report_card")
    path = write_csv(
        partner.sent / "ours_report_card_2024.csv",
        REPORT_HEADER,
        [
            'District,0012,Oak,grad,All Students,Percent,"1,177",1310,89.8%',
            "District,0012,Oak,grad,Migrant,Percent,*,*,*",
            "School,0012-4,Elm,grad,Female,Percent,<10,25,10-20%",
            "State,99,Ours,grad,Male,Percent,,,>95",
        ],
    )
    (outcome,) = partner.load(path).values()
    assert (outcome.outcome, outcome.rows) == ("accepted", 4)
    assert partner.rows(
        "area_measure",
        "select area_id, subgroup, value::double, value_low::double, value_high::double, numerator::double,"
        " denominator::double, suppression_marker from raw order by _row_number",
    ) == [
        ("0012", None, 89.8, None, None, 1177, 1310, None),
        ("0012", "Migrant", None, None, None, None, None, "*"),
        ("0012-4", "Female", None, 10, 20, None, 25, "10-20%"),
        ("99", "Male", None, 95, None, None, None, ">95"),
    ]


def test_a_text_that_is_neither_number_nor_marker_is_held_back(partner: OnePartner) -> None:
    partner.contract("state_report_card", "tolerance: {quarantined: 0.5}")
    path = write_csv(
        partner.sent / "ours_report_card_2024.csv",
        REPORT_HEADER,
        [
            "District,1,Oak,grad,All,Percent,1,2,about half",
            "District,2,Elm,grad,All,Percent,1,2,50",
            "District,3,Fir,grad,All,Percent,1,4,25",
        ],
    )
    (outcome,) = partner.load(path).values()
    assert (outcome.outcome, outcome.quarantined) == ("accepted_with_quarantine", 1)
    assert failed_rules(outcome) == {"value_is_a_number": 1}
    assert partner.rows("area_measure", "select area_id from raw order by 1") == [("2",), ("3",)]


def test_kids_count_has_no_measure_of_its_own(partner: OnePartner) -> None:
    partner.contract(
        "kids_count", "extracts: {area_measure: {columns: {measure_id: {value: child_poverty}}}}"
    )
    path = write_csv(
        partner.sent / "ours_kids_count_2023.csv",
        "LocationType,Location,TimeFrame,DataFormat,Data,Fips",
        [
            "State,Ohio,2018-2022,Number,465000,39",
            "State,Ohio,2018-2022,Percent,0.18,39",
            "County,Vinton,2018-2022,Percent,S,39163",
        ],
    )
    (outcome,) = partner.load(path).values()
    assert (outcome.outcome, outcome.rows) == ("accepted", 3)
    assert partner.rows(
        "area_measure",
        "select area_id, measure_id, period, value_kind, value::double, suppression_marker from raw order by _row_number",
    ) == [
        ("39", "child_poverty", "2018-2022", "Number", 465000, None),
        ("39", "child_poverty", "2018-2022", "Percent", 0.18, None),
        ("39163", "child_poverty", "2018-2022", "Percent", None, "S"),
    ]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_header_row_is_found_below_any_titles(partner: OnePartner, ending: str) -> None:
    partner.contract(
        "area_measure",
        """
        entity: area_measure
        title: Rates
        files: ["rates_{school_year}.csv", "rates_{school_year}.xlsx"]
        reader: {header_has: [Area, Rate], footer: '^\\*'}
        columns:
          area_type: {value: district, required: true}
          area_id: {from: [Area], required: true}
          measure_id: {value: rate, required: true}
          value_kind: {value: percent, required: true}
          value: {from: [Rate]}
        """,
    )
    for year, titles in ((2023, ['Rates, "final"']), (2024, ["Rates", "Area by area", ""])):
        path = partner.sent / f"rates_{year}.{ending}"
        lines = [*titles, "Area,Rate", "oak,12", "elm,13", "* a note"]
        path.write_text("\n".join(lines) + "\n")
        if ending == "xlsx":
            _as_workbook(path, lines)
        (outcome,) = partner.load(path).values()
        assert (outcome.outcome, outcome.rows) == ("accepted", 2), outcome.reason
    rows = partner.rows("area_measure", "select school_year, _row_number from raw order by all")
    assert rows == [(2023, 3), (2023, 4), (2024, 5), (2024, 6)]


def _as_workbook(path: Path, lines: list[str]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for line in lines:
        book.active.append(line.split(","))
    book.save(path)


def test_a_file_without_the_header_row_is_refused(partner: OnePartner) -> None:
    partner.contract(
        "area_measure",
        """
        entity: area_measure
        title: Rates
        file: "rates_{school_year}.csv"
        reader: {header_has: [Area, Rate]}
        columns:
          area_type: {value: district, required: true}
          area_id: {from: [Area], required: true}
          measure_id: {value: rate, required: true}
          value_kind: {value: percent, required: true}
          value: {from: [Rate]}
        """,
    )
    (outcome,) = partner.load(
        write_csv(partner.sent / "rates_2024.csv", "Rates", ["Area,Share", "oak,12"])
    ).values()
    assert outcome.outcome == "rejected"
    assert "no header row with 'Area', 'Rate'" in outcome.reason
    assert partner.in_force() == []
