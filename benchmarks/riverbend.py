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
MEASURES = [
    ("chronic_absence", "ten_percent"),
    ("chronic_absence", "eighteen_days"),
    ("chronic_absence", "fifteen_days"),
    ("early_grade_reading", "proficient"),
    ("middle_grade_math", "proficient"),
    ("ninth_grade_on_track", "consortium"),
    ("ninth_grade_on_track", "ew_framework"),
    ("high_school_graduation", "four_year"),
    ("suspension", "any_removal"),
    ("suspension", "out_of_school"),
]
INDICATORS = tuple(dict.fromkeys(indicator for indicator, _ in MEASURES))
# Column of River City's demographics and of Lakeshore's programs, which tell nothing of military families.
FLAGS = {
    "economic_disadvantage": ("EconDis", "frl"),
    "english_learner": ("EL", "ell"),
    "disability": ("IEP", "sped"),
    "homelessness": ("Homeless", "homeless"),
    "foster_care": ("Foster", "foster"),
    "migrant": ("Migrant", "migrant"),
    "military_connected": ("Military", None),
}
REPORTED_RACES = (
    "american_indian_or_alaska_native",
    "asian",
    "black_or_african_american",
    "hispanic_or_latino",
    "middle_eastern_or_north_african",
    "native_hawaiian_or_pacific_islander",
    "white",
)
IN_COMBINATION = {race: f"{race}_in_combination" for race in REPORTED_RACES}
# Files of other sectors would tell of these.
UNTOLD = ("housing_assistance", "early_learning_history", "program_participation")
PAIRED = (
    "race_ethnicity",
    "gender",
    *list(FLAGS)[:5],
    "housing_assistance",
    "early_learning_history",
    "homelessness_any_source",  # no shelter sends anything: what schools say
    "program_participation",
)
UNPAIRED = ("home_language", "migrant", "military_connected", "race_spd15", *IN_COMBINATION.values())
DISAGGREGATES = (*PAIRED, *UNPAIRED)
PAIRS = [(one, two) for at, one in enumerate(PAIRED) for two in PAIRED[at + 1 :]]
# Where children go to school all of these are counted, where they live no pairs.
PAIRED_SETS: list[tuple[str, ...]] = [(), *[(one,) for one in PAIRED], *PAIRS]
UNPAIRED_SETS: list[tuple[str, ...]] = [(one,) for one in UNPAIRED]
SCHOOL_LEVELS, HOME_LEVELS = ("school", "district", "community"), ("zip", "tract")
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


TRAITS = ("gender", "race_ethnicity", "home_language")
# All values of all disaggregates, in the alphabet's order: a byte says which, and is quick to group by.
SUBGROUPS = sorted(
    {
        conformed
        for partner in (RIVER, LAKE)
        for field in TRAITS
        for _, conformed, _, _ in codes(partner, field)
    }
    | {*REPORTED_RACES, "two_or_more_races", "yes", "no", "unknown"}
)


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
