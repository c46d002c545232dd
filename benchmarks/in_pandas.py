"""The same in pandas: Riverbend's files in, the indicators' cells out; no gate, no layers, as the floor does it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.riverbend import (
    CELLS,
    COMMUNITY,
    DISAGGREGATES,
    FLAGS,
    GRADE_POINTS,
    KEYS,
    LAKE,
    LAKE_DISTRICT,
    PERIOD,
    RIVER,
    SETS,
    codes,
    unpacked,
)

PERIODS = ["child", "year", "collection"]
HEADERS = {
    "StudentID": "student_id", "student_number": "student_id", "Student Number": "student_id", "stu_id": "student_id",
    "stuId": "student_id", "SchoolCode": "school", "school_code": "school", "School Code": "school", "Grade": "grade",
    "grade_level": "grade", "Grade Level": "grade", "StateID": "state_id",
}  # fmt: skip
REMOVALS = ["in_school_suspension", "out_of_school_suspension", "expulsion"]
MARK_SPANS = {
    "student_id": (0, 8), "school": (8, 11), "course": (12, 20), "title": (20, 40), "area": (40, 43), "term": (43, 45),
    "mark": (45, 47), "attempted": (47, 52), "earned": (52, 57),
}  # fmt: skip
CORE = ["english", "math", "science", "social_studies"]


def cells(deliveries: Path, scratch: Path, output: Path) -> int:
    """Write the cells (columns `CELLS`) of every file in `deliveries` to the Parquet file `output`; their number."""
    tables = _read(deliveries, unpacked(deliveries, scratch / "unpacked"))
    years = _student_years(tables)
    found = _cells(_results(tables, years), _described(tables, years), tables["school"])
    found.to_parquet(output, index=False)
    return len(found)


# ---- reading ---------------------------------------------------------------------------------------------
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


def _read(deliveries: Path, flat: Path) -> dict[str, pd.DataFrame]:
    """Every file as typed tables with conformed codes, children known by their state id."""
    river, lake = deliveries / "river_city", deliveries / "lakeshore"
    demographics = _frames(RIVER, river, "demographics_*.csv").rename(
        columns={"Gender": "gender", "RaceCodes": "race", "Hispanic": "hispanic"}
    )
    students = _frames(LAKE, lake, "lus_students_*.txt", sep="|")
    named = ["partner", "student_id", "state_id", "gender", "race", "hispanic", "year", "collection"]
    person = pd.concat([demographics[named], students[named]], ignore_index=True)
    child = person.dropna(subset=["student_id", "state_id"]).groupby(
        ["partner", "student_id"], as_index=False
    )
    children = child["state_id"].max().rename(columns={"state_id": "child"})
    children["child"] = children["child"].astype("int64")

    def of_children(*frames: pd.DataFrame) -> pd.DataFrame:
        return pd.concat(frames, ignore_index=True).merge(children, on=["partner", "student_id"])

    for name, (column, _) in FLAGS.items():
        demographics[name] = (demographics[column] == "Y").astype("int8")
    for table in (_frames(LAKE, flat, "admissions_*.csv"), _frames("college_tracker", deliveries, "college_tracker/*.csv"),
                  _frames(RIVER, river, "benchmark_*.csv"), _frames(LAKE, lake, "lus_literacy_*.json", "json")):  # fmt: skip
        assert len(table)  # nothing below asks for them, but the files are there to be taken in
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
    """Gender and race of each distinct combination of codes, joined back."""
    combination = ["partner", "year", "gender", "race", "hispanic"]
    traits = (
        person[combination].drop_duplicates().rename(columns={"gender": "gender_code", "race": "race_codes"})
    )

    def one(partner: str, field: str, year: int, code: Any) -> str | None:
        found = (c for own, c, first, last in codes(partner, field) if own == code and first <= year <= last)
        return next(found, None)

    def race(row: Any) -> str | None:
        if one(row.partner, "hispanic_ethnicity", row.year, row.hispanic) == "yes":
            return "hispanic_or_latino"
        given = str(row.race_codes).replace("/", ",").split(",")
        races = {one(row.partner, "race_ethnicity", row.year, code.strip()) for code in given} - {None}
        return "two_or_more_races" if len(races) > 1 else next(iter(races), None)

    rows = list(traits.itertuples())
    traits = traits.assign(
        gender_known=[one(row.partner, "gender", row.year, row.gender_code) for row in rows],
        race_ethnicity=[race(row) for row in rows],
    )
    joined = person.rename(columns={"gender": "gender_code", "race": "race_codes"}).merge(traits, how="left")
    return joined.rename(columns={"gender_known": "gender"})


def _programs(lake: Path) -> pd.DataFrame:
    programs = _frames(LAKE, lake, "lus_programs_*.txt", sep="|")
    ended = pd.to_datetime(programs["end_date"], format="%Y-%m-%d", errors="coerce")
    began = pd.to_datetime(programs["start_date"], format="%Y-%m-%d", errors="coerce")
    first = pd.to_datetime((programs["year"] - 1).astype(str) + "-07-01")
    last = pd.to_datetime(programs["year"].astype(str) + "-06-30")
    for name, (_, column) in FLAGS.items():
        programs[name] = programs[column].map({"1": 1, "0": 0})
    return programs[~(ended < first) & ~(began > last)]


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


# ---- children's years ------------------------------------------------------------------------------------
def _student_years(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per child, school year and collection: its accountable school, grade, and days over all schools."""
    spells = tables["enrollment"].copy()
    year = spells["year"].astype(str)
    begins = spells["entry_date"].clip(lower=pd.to_datetime((spells["year"] - 1).astype(str) + "-07-01"))
    spells["ends"] = spells["exit_date"].fillna(pd.to_datetime(year + "-06-30"))
    spells["days_spanned"] = (spells["ends"] - begins).dt.days + 1
    spell = [*PERIODS, "organization_id", "entry_date"]
    spells = spells.sort_values("ends").drop_duplicates(spell, keep="last")
    rows = pd.concat([tables["attendance"], spells], ignore_index=True).sort_values(
        "entry_date", na_position="first"
    )
    of_place = rows.groupby([*PERIODS, "organization_id"], sort=False)
    days = of_place[["days_enrolled", "days_absent", "days_spanned"]].sum(min_count=1)
    place = of_place[["partner", "entry_date", "grade"]].last().join(days).reset_index()
    total = (
        place.groupby(PERIODS, sort=False)[["days_enrolled", "days_absent"]].sum(min_count=1).reset_index()
    )
    place = (
        place.rename(columns={"days_enrolled": "place_days"})
        .drop(columns="days_absent")
        .merge(total, on=PERIODS)
    )
    place["weight"] = place["place_days"].where(place["days_enrolled"].notna(), place["days_spanned"])
    order = {"weight": False, "entry_date": False, "organization_id": True}
    place = place.sort_values([*order], ascending=[*order.values()], na_position="last")
    latest = place.dropna(subset=["grade"]).sort_values("entry_date").drop_duplicates(PERIODS, keep="last")
    chosen = place.drop_duplicates(PERIODS).merge(
        latest[[*PERIODS, "grade"]].rename(columns={"grade": "latest_grade"}), on=PERIODS, how="left"
    )
    chosen["grade"] = chosen["grade"].fillna(chosen["latest_grade"])
    return chosen[[*PERIODS, "organization_id", "partner", "grade", "days_enrolled", "days_absent"]]


def _described(tables: dict[str, pd.DataFrame], years: pd.DataFrame) -> pd.DataFrame:
    """Child, year, collection and its disaggregates."""
    person = tables["person"]
    recent = person.assign(recency=person["year"] * 2 + (person["collection"] == "annual")).sort_values(
        "recency"
    )
    told = person.merge(years[[*PERIODS, "partner"]], on=PERIODS, suffixes=("", "_place"))
    told["elsewhere"] = told["partner"] != told["partner_place"]
    flags = tables["status"].groupby(PERIODS)[[*FLAGS]].max().reset_index()
    found = years[PERIODS].merge(flags, on=PERIODS, how="left")
    before = (
        flags[flags["collection"] == "annual"]
        .assign(year=lambda frame: frame["year"] + 1)
        .drop(columns="collection")
    )
    found = found.merge(before, on=["child", "year"], how="left", suffixes=("", "_before"))
    for name in FLAGS:
        known = found[name].where(
            found[name].notna() | (found["collection"] == "annual"), found[f"{name}_before"]
        )
        found[name] = known.map({1: "yes", 0: "no"}).fillna("unknown")
    for name in ("gender", "race_ethnicity"):
        first = told.sort_values(["elsewhere", name]).dropna(subset=[name]).drop_duplicates(PERIODS)
        found = found.merge(first[[*PERIODS, name]], on=PERIODS, how="left")
        last = recent.dropna(subset=[name]).drop_duplicates("child", keep="last").set_index("child")[name]
        found[name] = found[name].fillna(found["child"].map(last)).fillna("unknown")
    return found[[*PERIODS, *DISAGGREGATES]]


# ---- indicators ------------------------------------------------------------------------------------------
def _results(tables: dict[str, pd.DataFrame], years: pd.DataFrame) -> pd.DataFrame:
    """One row per child in the denominator of an indicator's version."""
    annual = years[(years["collection"] == "annual") & (years["days_enrolled"] >= 1)]
    enrolled = years[years["days_enrolled"] >= 10]
    removed = tables["discipline"][tables["discipline"]["action_code"].isin(REMOVALS)]
    covered = years.merge(tables["discipline"][["partner", "year", "collection"]].drop_duplicates())
    out = removed[removed["action_code"] == "out_of_school_suspension"]
    graduates = _graduation(tables)
    found = [
        _result(
            enrolled,
            "chronic_absence",
            "ten_percent",
            enrolled["days_absent"] * 10 >= enrolled["days_enrolled"],
        ),
        _result(annual, "chronic_absence", "eighteen_days", annual["days_absent"] >= 18),
        _result(annual, "chronic_absence", "fifteen_days", annual["days_absent"] >= 15),
        _result(covered, "suspension", "any_removal", _is_in(covered, removed)),
        _result(covered, "suspension", "out_of_school", _is_in(covered, out)),
        _result(graduates, "high_school_graduation", "four_year", graduates["is_graduate"]),
        *_proficiency(tables["test"], years),
        *_on_track(tables, years, removed, covered),
    ]
    return pd.concat(found, ignore_index=True)


def _result(rows: pd.DataFrame, indicator: str, version: str, success: pd.Series) -> pd.DataFrame:
    return rows[[*PERIODS, "organization_id"]].assign(
        indicator_id=indicator, definition_version=version, is_success=success.to_numpy(dtype=bool)
    )


def _is_in(rows: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    marked = rows[PERIODS].merge(others[PERIODS].drop_duplicates(), on=PERIODS, how="left", indicator=True)
    return marked["_merge"] == "both"


def _proficiency(test: pd.DataFrame, years: pd.DataFrame) -> list[pd.DataFrame]:
    cuts = pd.read_csv(COMMUNITY / "cut_scores.csv", dtype={"grade_level": str}).fillna(
        {"first_year": 0, "last_year": 9999}
    )
    found = []
    for indicator, subject, grade in (
        ("early_grade_reading", "reading", "03"),
        ("middle_grade_math", "math", "08"),
    ):
        tested = test[(test["subject"] == subject) & (test["grade"] == grade)].copy()
        tested["score"] = pd.to_numeric(tested["score"], errors="coerce")
        cut = pd.Series(index=tested.index, dtype=float)
        for row in cuts[(cuts["subject"] == subject) & (cuts["grade_level"] == grade)].itertuples():
            cut[tested["year"].between(row.first_year, row.last_year)] = row.proficient_score
        judged = (tested["score"] >= cut).astype(float).where(tested["score"].notna() & cut.notna())
        tested["is_proficient"] = tested["proficient"].map({"1": 1.0, "0": 0.0}).fillna(judged)
        best = tested.dropna(subset=["is_proficient"]).sort_values(
            ["test_date", "score"], na_position="first"
        )
        best = best.drop_duplicates(PERIODS, keep="last")
        best = best.merge(
            years[[*PERIODS, "organization_id"]], on=PERIODS, how="left", suffixes=("_test", "")
        )
        best["organization_id"] = best["organization_id"].fillna(best["organization_id_test"])
        found.append(_result(best, indicator, "proficient", best["is_proficient"] == 1))
    return found


def _on_track(
    tables: dict[str, pd.DataFrame], years: pd.DataFrame, removed: pd.DataFrame, covered: pd.DataFrame
) -> list[pd.DataFrame]:
    ninth = years[(years["grade"] == "09") & (years["collection"] == "annual")]
    ninth = ninth.sort_values("year").drop_duplicates("child")
    mark = tables["mark"].merge(ninth[PERIODS], on=PERIODS).drop_duplicates()
    mark["points"] = mark["mark"].map(GRADE_POINTS)
    attempted = mark["attempted"].fillna(1)
    mark["core_failures"] = mark["mark"].isin(["f", "fail"]) & mark["subject_area"].isin(CORE)
    mark["low_marks"] = mark["mark"].isin(["d", "f", "fail"]) & mark["subject_area"].isin(["english", "math"])
    mark["quality_points"], mark["graded_credits"] = (
        mark["points"] * attempted,
        attempted.where(mark["points"].notna()),
    )
    sums = ["earned", "core_failures", "low_marks"]
    marks = mark.groupby("child")[sums].sum().join(
        mark.groupby("child")[["quality_points", "graded_credits"]].sum(min_count=1)
    )  # fmt: skip
    ninth = ninth.merge(marks.reset_index(), on="child")
    on_track = (ninth["earned"] >= 5) & (ninth["core_failures"] <= 1)
    # what is unknown is neither true nor false: off track for one known reason is off track
    parts = [
        (ninth["quality_points"] >= 3 * ninth["graded_credits"]).where(ninth["graded_credits"].notna()),
        ninth["low_marks"] == 0,
        (ninth["days_absent"] * 25 <= ninth["days_enrolled"]).where(ninth["days_enrolled"].notna()),
        (~_is_in(ninth, removed)).where(_is_in(ninth, covered)),
    ]
    known = pd.concat([part.astype(float) for part in parts], axis=1)
    is_judged = known.notna().all(axis=1) | (known == 0).any(axis=1)
    ready = (known == 1).all(axis=1)
    return [
        _result(ninth, "ninth_grade_on_track", "consortium", on_track),
        _result(ninth[is_judged], "ninth_grade_on_track", "ew_framework", ready[is_judged]),
    ]


def _graduation(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    enrollment = tables["enrollment"]
    annual = enrollment[enrollment["collection"] == "annual"]
    high = annual[annual["grade"].isin(["09", "10", "11", "12"])]
    entry = high.sort_values(["year", "grade"]).drop_duplicates("child")
    cohort = (entry["year"] + 12 - entry["grade"].astype("int64")).set_axis(entry["child"])
    high = high.assign(cohort_year=high["child"].map(cohort))
    high = high[high["year"] <= high["cohort_year"]].assign(
        exit_date=lambda f: f["exit_date"].fillna(pd.Timestamp.max)
    )
    order = {"year": False, "exit_date": False, "entry_date": False, "organization_id": True}
    last = high.sort_values([*order], ascending=[*order.values()]).drop_duplicates("child")
    first_year = annual.groupby("partner")["year"].min()
    last = last[last["cohort_year"] - 3 >= last["partner"].map(first_year)]
    with_diplomas = (
        tables["diploma"][["partner", "year"]].drop_duplicates().rename(columns={"year": "cohort_year"})
    )
    last = last.merge(with_diplomas)
    diplomas = (
        tables["diploma"][tables["diploma"]["diploma_type"] == "regular"].groupby("child")["year"].min()
    )
    is_graduate = last["child"].map(diplomas) <= last["cohort_year"]
    stays = is_graduate | ~last["exit_code"].isin(["transferred_out", "emigrated", "deceased"])
    return last.assign(year=last["cohort_year"], is_graduate=is_graduate)[stays]


# ---- cells -----------------------------------------------------------------------------------------------
def _cells(results: pd.DataFrame, described: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Every disaggregate and pair at every geography level."""
    joined = results.merge(described, on=PERIODS, how="left", indicator=True)
    joined = _as_last_known(joined, described).merge(schools, on="organization_id", how="left")
    joined["district_id"], joined["community"] = joined["district_id"].fillna("unknown"), "riverbend"
    keys = KEYS[:2] + ["year", "collection"]
    finest = [*keys, "organization_id", "district_id", "community", *DISAGGREGATES]
    school = (
        joined.groupby(finest, sort=False, observed=True)["is_success"].agg(["size", "sum"]).reset_index()
    )
    found = []
    for level, place in (
        ("school", "organization_id"),
        ("district", "district_id"),
        ("community", "community"),
    ):
        of_level = (
            school.groupby([*keys, place, *DISAGGREGATES], sort=False)[["size", "sum"]].sum().reset_index()
        )
        found += [_of_set(of_level, [*keys, place], level, columns) for columns in SETS]
    return pd.concat(found, ignore_index=True)


def _of_set(rows: pd.DataFrame, keys: list[str], level: str, columns: Sequence[str]) -> pd.DataFrame:
    summed = rows.groupby([*keys, *columns], sort=False)[["size", "sum"]].sum().reset_index()
    summed = summed.rename(
        columns={"size": "denominator", "sum": "numerator", keys[-1]: "geography_id", "year": "school_year"}
    )
    summed["geography_level"], summed["disaggregate"] = level, "_x_".join(columns) or "all"
    summed["subgroup"] = (
        summed[columns[0]].str.cat([summed[c] for c in columns[1:]], sep="|") if columns else "all"
    )
    return summed[CELLS]


def _as_last_known(joined: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """A child counted in a year it was not enrolled is described as in the last annual collection before."""
    unknown = joined["_merge"] == "left_only"
    annual = described[described["collection"] == "annual"].rename(columns={"year": "year_before"})
    missing = joined.loc[unknown, ["child", "year"]].drop_duplicates()
    before = missing.merge(annual, on="child").query("year_before < year").sort_values("year_before")
    before = before.drop_duplicates(["child", "year"], keep="last")
    filled = joined.loc[unknown].drop(columns=[*DISAGGREGATES]).merge(
        before[["child", "year", *DISAGGREGATES]], on=["child", "year"], how="left"
    )  # fmt: skip
    whole = pd.concat([joined[~unknown], filled], ignore_index=True).drop(columns="_merge")
    return whole.fillna(dict.fromkeys(DISAGGREGATES, "unknown"))
