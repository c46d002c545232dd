"""The same files as the floor reads, in pandas: typed tables with conformed codes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.riverbend import FLAGS, LAKE, LAKE_DISTRICT, PERIOD, RIVER, codes

HEADERS = {
    "StudentID": "student_id", "student_number": "student_id", "Student Number": "student_id",
    "stu_id": "student_id", "stuId": "student_id", "SchoolCode": "school", "school_code": "school",
    "School Code": "school", "Grade": "grade", "grade_level": "grade", "Grade Level": "grade",
    "StateID": "state_id",
}  # fmt: skip
MARK_SPANS = {
    "student_id": (0, 8), "school": (8, 11), "course": (12, 20), "title": (20, 40), "area": (40, 43),
    "term": (43, 45), "mark": (45, 47), "attempted": (47, 52), "earned": (52, 57),
}  # fmt: skip


def _frames(partner: str, folder: Path, pattern: str, kind: str = "csv", **options: Any) -> pd.DataFrame:
    """All files of a pattern as text, with partner, year and collection; NULL where a cell is empty."""
    frames = []
    for path in sorted(folder.glob(pattern)):
        if kind == "json":
            frame = pd.read_json(path, dtype=False, convert_dates=False, **options)
        elif kind == "fixed":
            # read_fwf works line by line in Python: three times as long
            line = pd.read_csv(path, dtype=str, sep="\x1f", names=["line"], quoting=3)["line"]
            cut = {name: line.str[start:end].str.strip() for name, (start, end) in options["spans"].items()}
            frame = pd.DataFrame(cut)
        else:
            old = "demographics_2019" in path.name or "demographics_2020" in path.name
            frame = pd.read_csv(path, dtype=str, encoding="latin-1" if old else "utf-8-sig", **options)
        period = re.search(PERIOD, path.name)
        if period:
            frame["year"], frame["collection"] = 2000 + int(period[1]), period[2]
        frames.append(frame.rename(columns=HEADERS))
    found = pd.concat(frames, ignore_index=True)
    found["partner"] = partner
    if "school" in found:
        found["organization_id"] = partner + ":" + found["school"].str.lower()
    return found


def _conformed(column: pd.Series, field: str, partner: str) -> pd.Series:
    return column.replace({code: conformed for code, conformed, _, _ in codes(partner, field)})


def read(deliveries: Path, flat: Path) -> dict[str, pd.DataFrame]:
    """Every file as typed tables with conformed codes, children known by their state id."""
    river, lake = deliveries / "river_city", deliveries / "lakeshore"
    demographics = _frames(RIVER, river, "demographics_*.csv").rename(
        columns={"Gender": "gender", "RaceCodes": "race", "Hispanic": "hispanic", "HomeLang": "language",
                 "Zip": "zip", "Tract": "tract"}
    )  # fmt: skip
    students = _frames(LAKE, lake, "lus_students_*.txt", sep="|")
    named = ["partner", "student_id", "state_id", "year", "collection", "gender", "race", "hispanic",
             "language", "zip"]  # fmt: skip
    person = pd.concat([demographics[[*named, "tract"]], students[named]], ignore_index=True)
    child = person.dropna(subset=["student_id", "state_id"]).groupby(
        ["partner", "student_id"], as_index=False
    )
    children = child["state_id"].max().rename(columns={"state_id": "child"})
    children["child"] = children["child"].astype("int64")

    def of_children(*frames: pd.DataFrame) -> pd.DataFrame:
        return pd.concat(frames, ignore_index=True).merge(children, on=["partner", "student_id"])

    for name, (column, _) in FLAGS.items():
        # nobody was asked about the military before 2021-22
        demographics[name] = (demographics[column] == "Y").astype(float).where(demographics[column].notna())
    # nothing asks for these, but the files are there to be taken in
    _frames("admissions_test", flat, "admissions_*.csv")
    _frames("college_tracker", deliveries, "college_tracker/*.csv")
    _frames(RIVER, river, "benchmark_*.csv")
    _frames(LAKE, lake, "lus_literacy_*.json", "json")
    _frames(RIVER, flat, "staff_*.csv")
    _frames(LAKE, lake, "lus_staff_*.txt", sep="|")
    return {
        "person": of_children(_with_traits(person)),
        "status": of_children(demographics, _programs(lake)),
        "school": _schools(lake, flat),
        "enrollment": of_children(*_enrollment(river, lake)),
        "attendance": of_children(*_attendance(river, lake)),
        "test": of_children(*_state_tests(river, lake)),
        "discipline": of_children(*_discipline(river, flat)),
        "mark": of_children(*_marks(river, lake)),
        "diploma": of_children(*_diplomas(lake, flat)),
    }  # fmt: skip


def _with_traits(person: pd.DataFrame) -> pd.DataFrame:
    """Gender, language and races of each distinct combination of codes, joined back."""
    combination = ["partner", "year", "gender", "race", "hispanic", "language"]
    traits = person[combination].drop_duplicates()

    def one(partner: str, field: str, year: int, code: Any) -> str | None:
        found = (c for own, c, first, last in codes(partner, field) if own == code and first <= year <= last)
        return next(found, None)

    def races(row: Any) -> list[str]:
        given = str(row.race).replace("/", ",").split(",")
        known = {one(row.partner, "race_ethnicity", row.year, code.strip()) for code in given} - {None}
        is_hispanic = one(row.partner, "hispanic_ethnicity", row.year, row.hispanic) == "yes"
        return [*(["hispanic_or_latino"] if is_hispanic else []), *sorted(filter(None, known))]

    def federal(all_races: list[str]) -> str | None:
        if len(all_races) > 1 and all_races[0] != "hispanic_or_latino":
            return "two_or_more_races"
        return next(iter(all_races), None)

    rows = list(traits.itertuples())
    of_rows = [races(row) for row in rows]
    traits = traits.assign(
        gender_known=[one(row.partner, "gender", row.year, row.gender) for row in rows],
        home_language=[one(row.partner, "home_language", row.year, row.language) for row in rows],
        race_ethnicity=[federal(found) for found in of_rows],
        races=[";".join(found) or None for found in of_rows],
    )
    joined = person.merge(traits, on=combination, how="left").drop(columns=[*combination[2:]])
    return joined.rename(columns={"gender_known": "gender"})


def _programs(lake: Path) -> pd.DataFrame:
    programs = _frames(LAKE, lake, "lus_programs_*.txt", sep="|")
    ended = pd.to_datetime(programs["end_date"], format="%Y-%m-%d", errors="coerce")
    began = pd.to_datetime(programs["start_date"], format="%Y-%m-%d", errors="coerce")
    first = pd.to_datetime((programs["year"] - 1).astype(str) + "-07-01")
    last = pd.to_datetime(programs["year"].astype(str) + "-06-30")
    is_in_year = ~(ended < first) & ~(began > last) & ~(began > ended)
    for name, (_, column) in FLAGS.items():
        if column:
            programs[name] = programs[column].map({"1": 1.0, "0": 0.0}) * is_in_year
    return programs


def _schools(lake: Path, flat: Path) -> pd.DataFrame:
    river = _frames(RIVER, flat, "schools_*.csv").rename(columns={"District Code": "district_id"})
    schools = pd.concat(
        [river, _frames(LAKE, lake, "lus_schools_*.tsv", sep="\t").assign(district_id=LAKE_DISTRICT)]
    )
    return schools.drop_duplicates("organization_id", keep="last")[["organization_id", "district_id"]]


def _enrollment(river: Path, lake: Path) -> list[pd.DataFrame]:
    here = _frames(RIVER, river, "enrollment_*.csv")
    here["entry_date"] = pd.to_datetime(here["EntryDate"], format="%m/%d/%Y", errors="coerce")
    here["exit_date"] = pd.to_datetime(here["ExitDate"], format="%m/%d/%Y", errors="coerce")
    here["grade"] = here["grade"].str.lower()
    here["exit_code"] = _conformed(here["ExitCode"], "exit_code", RIVER)
    there = _frames(LAKE, lake, "lus_enrollment_*.tsv", sep="\t")
    there["entry_date"] = pd.to_datetime(there["entry"], format="%Y-%m-%d", errors="coerce")
    there["exit_date"] = pd.to_datetime(there["exit"], format="%Y-%m-%d", errors="coerce")
    there["grade"] = _conformed(there["grade"], "grade_level", LAKE)
    there["exit_code"] = _conformed(there["exit_reason"], "exit_code", LAKE)
    kept = [
        "partner",
        "student_id",
        "organization_id",
        "year",
        "collection",
        "grade",
        "entry_date",
        "exit_date",
        "exit_code",
    ]
    return [here[kept], there[kept]]


def _attendance(river: Path, lake: Path) -> list[pd.DataFrame]:
    here = _frames(RIVER, river, "attendance_*.csv").dropna(subset=["DaysPossible"])
    here["days_enrolled"] = here["DaysPossible"].astype(float)
    here["days_absent"] = here["days_enrolled"] - here["DaysPresent"].astype(float)
    there = _frames(LAKE, lake, "lus_attendance_*.tsv.gz", sep="\t")
    there["days_enrolled"], there["days_absent"] = (
        there["member_days"].astype(float),
        there["absences"].astype(float),
    )
    kept = ["partner", "student_id", "organization_id", "year", "collection", "days_enrolled", "days_absent"]
    return [here[kept], there[kept]]


def _state_tests(river: Path, lake: Path) -> list[pd.DataFrame]:
    here = _frames(RIVER, river, "state_test_*.csv")
    here["test_date"] = pd.to_datetime(here["TestDate"], format="%m/%d/%Y", errors="coerce")
    here["grade"] = here["grade"].str.lower()
    long = pd.concat(
        [
            here.assign(subject=s, score=here[c])
            for s, c in (("reading", "ReadingScore"), ("math", "MathScore"))
        ]
    )
    history = _frames(LAKE, lake, "lus_state_test_history.csv").assign(collection="annual")
    history["year"] = history["year"].str[-4:].astype("int64")
    there = pd.concat([history, _frames(LAKE, lake, "lus_state_test_2*.csv")], ignore_index=True)
    there["test_date"] = pd.to_datetime(there["test_date"], format="%Y-%m-%d", errors="coerce")
    there["grade"] = _conformed(there["grade"], "grade_level", LAKE)
    there["subject"] = _conformed(there["subject"], "subject", LAKE)
    kept = [
        "partner",
        "student_id",
        "organization_id",
        "year",
        "collection",
        "grade",
        "subject",
        "test_date",
        "score",
    ]
    return [long[kept], there[[*kept, "proficient"]]]


def _discipline(river: Path, flat: Path) -> list[pd.DataFrame]:
    here = _frames(RIVER, river, "discipline_*.csv")
    here["action_code"] = _conformed(here["ActionCode"], "action_code", RIVER)
    there = _frames(LAKE, flat, "lus_discipline_*.csv")
    there["action_code"] = _conformed(there["action"], "action_code", LAKE)
    kept = ["partner", "student_id", "year", "collection", "action_code"]
    return [here[kept], there[kept]]


def _marks(river: Path, lake: Path) -> list[pd.DataFrame]:
    here = _frames(RIVER, river, "marks_*.txt", "fixed", spans=MARK_SPANS)
    there = _frames(LAKE, lake, "lus_marks_*.ndjson", "json", lines=True)
    there = there.rename(columns={"creditsAttempted": "attempted", "creditsEarned": "earned"})
    for frame, partner in ((here, RIVER), (there, LAKE)):
        frame["subject_area"] = _conformed(frame["area"], "subject_area", partner)
        frame["mark"] = _conformed(frame["mark"], "mark", partner)
        for column in ("attempted", "earned"):
            frame[column] = pd.to_numeric(frame[column], errors="coerce")
    kept = [
        "partner",
        "student_id",
        "year",
        "collection",
        "course",
        "term",
        "subject_area",
        "mark",
        "attempted",
        "earned",
    ]
    return [here[kept], there[kept]]


def _diplomas(lake: Path, flat: Path) -> list[pd.DataFrame]:
    here = _frames(RIVER, flat, "diplomas_*.csv")
    here["diploma_type"] = _conformed(here["Diploma Type"], "diploma_type", RIVER)
    there = _frames(LAKE, lake, "lus_diplomas_*.txt", sep="|")
    there["diploma_type"] = _conformed(there["diploma"], "diploma_type", LAKE)
    kept = ["partner", "student_id", "year", "diploma_type"]
    return [here[kept], there[kept]]
