"""What both comparisons know of Riverbend: codes, disaggregates, archives and workbooks as CSV."""

from __future__ import annotations

import csv
import zipfile
from functools import cache
from pathlib import Path

from python_calamine import CalamineWorkbook

COMMUNITY = Path(__file__).parents[1] / "communities" / "riverbend"
RIVER, LAKE = "river_city_schools", "lakeshore_unified"
LAKE_DISTRICT = "LU02"
# attendance_2024-25_annual.csv and lus_marks_2025_winter.ndjson alike: two digits of the year, the collection
PERIOD = r"(\d\d)_([a-z]+)\."
INDICATORS = (
    "chronic_absence",
    "early_grade_reading",
    "middle_grade_math",
    "ninth_grade_on_track",
    "high_school_graduation",
    "suspension",
)
FLAGS = {
    "economic_disadvantage": ("EconDis", "frl"),
    "english_learner": ("EL", "ell"),
    "disability": ("IEP", "sped"),
    "homelessness": ("Homeless", "homeless"),
    "foster_care": ("Foster", "foster"),
}
DISAGGREGATES = ("race_ethnicity", "gender", *FLAGS)
# The total, seven disaggregates and their 21 pairs.
SETS: list[tuple[str, ...]] = [
    (),
    *[(one,) for one in DISAGGREGATES],
    *[(one, two) for at, one in enumerate(DISAGGREGATES) for two in DISAGGREGATES[at + 1 :]],
]
GRADE_POINTS = {"a": 4, "b": 3, "c": 2, "d": 1, "f": 0}
MARKS = [*GRADE_POINTS, "pass", "fail", "incomplete", "withdrawn"]  # others nobody translated
KEYS = ["indicator_id", "definition_version", "school_year", "collection", "geography_level", "geography_id",
        "disaggregate", "subgroup"]  # fmt: skip
CELLS = [*KEYS, "denominator", "numerator"]


@cache
def codes(partner: str, field: str) -> list[tuple[str, str, int, int]]:
    """(partner's code, conformed code, first year, last year) from the partner's crosswalk."""
    with (COMMUNITY / "crosswalks" / f"{partner}.csv").open(encoding="utf-8") as file:
        return [
            (
                row["partner_code"],
                row["conformed_code"],
                int(row["first_year"] or 0),
                int(row["last_year"] or 9999),
            )
            for row in csv.DictReader(file)
            if row["field"] == field
        ]


def unpacked(deliveries: Path, folder: Path) -> Path:
    """What no CSV reader opens, archives and workbooks, as CSV files of the same names in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for archive in sorted(deliveries.glob("*/*.zip")):
        with zipfile.ZipFile(archive) as opened:
            (folder / f"{archive.stem}.csv").write_bytes(opened.read(opened.namelist()[0]))
    for workbook in sorted(deliveries.glob("*/*.xlsx")):
        rows = CalamineWorkbook.from_path(workbook).get_sheet_by_index(0).to_python()
        header = next(
            at for at, row in enumerate(rows) if "" not in row
        )  # merged cells above leave empty ones
        with (folder / f"{workbook.stem}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows[header:])
    return folder
