"""The same as the floor in pandas: Riverbend's files in, the indicators' cells out; no gate, no layers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.pandas_cells import cells_of
from benchmarks.pandas_reading import read
from benchmarks.pandas_years import PERIODS, described, student_years
from benchmarks.riverbend import COMMUNITY, GRADE_POINTS, MARKS, MEASURES, unpacked

REMOVALS = ["in_school_suspension", "out_of_school_suspension", "expulsion"]
CORE = ["english", "math", "science", "social_studies"]


def cells(deliveries: Path, scratch: Path, output: Path) -> int:
    """Write the cells of every file in `deliveries` to the Parquet file `output`; returns how many."""
    tables = read(deliveries, unpacked(deliveries, scratch / "unpacked"))
    years = student_years(tables)
    found = cells_of(_results(tables, years), described(tables, years), tables["school"])
    found.to_parquet(output, index=False)
    return len(found)


# ---- indicators ------------------------------------------------------------------------------------------
def _results(tables: dict[str, pd.DataFrame], years: pd.DataFrame) -> pd.DataFrame:
    """One row per child in the denominator of an indicator's version."""
    annual = years[(years["collection"] == "annual") & (years["days_enrolled"] >= 1)]
    enrolled = years[years["days_enrolled"] >= 10]
    removed = tables["discipline"][tables["discipline"]["action_code"].isin(REMOVALS)]
    covered = years.merge(tables["discipline"][["partner", "year", "collection"]].drop_duplicates())
    out = removed[removed["action_code"] == "out_of_school_suspension"]
    actions = tables["discipline"]["action_code"]
    unclear = tables["discipline"][~actions.isin([*REMOVALS, "other"])]
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
        _suspension(covered, "any_removal", removed, unclear),
        _suspension(covered, "out_of_school", out, unclear),
        _result(graduates, "high_school_graduation", "four_year", graduates["is_graduate"]),
        *_proficiency(tables["test"], years),
        *_on_track(tables, years, removed, unclear, covered),
    ]
    return pd.concat(found, ignore_index=True)


def _result(rows: pd.DataFrame, indicator: str, version: str, success: pd.Series) -> pd.DataFrame:
    return rows[[*PERIODS, "organization_id"]].assign(
        measure=MEASURES.index((indicator, version)), is_success=success.to_numpy(dtype=bool)
    )


def _is_in(rows: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    marked = rows[PERIODS].merge(others[PERIODS].drop_duplicates(), on=PERIODS, how="left", indicator=True)
    return marked["_merge"] == "both"


def _suspension(
    covered: pd.DataFrame, version: str, removed: pd.DataFrame, unclear: pd.DataFrame
) -> pd.DataFrame:
    is_removed = _is_in(covered, removed)
    is_known = is_removed | ~_is_in(covered, unclear)
    return _result(covered[is_known], "suspension", version, is_removed[is_known])


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
    tables: dict[str, pd.DataFrame],
    years: pd.DataFrame,
    removed: pd.DataFrame,
    unclear: pd.DataFrame,
    covered: pd.DataFrame,
) -> list[pd.DataFrame]:
    ninth = years[(years["grade"] == "09") & (years["collection"] == "annual")]
    ninth = ninth.sort_values("year").drop_duplicates("child")
    mark = tables["mark"].merge(ninth[PERIODS], on=PERIODS).drop_duplicates()
    mark["points"] = mark["mark"].map(GRADE_POINTS)
    attempted = mark["attempted"].fillna(1)
    mark["core_failures"] = mark["mark"].isin(["f", "fail"]) & mark["subject_area"].isin(CORE)
    mark["low_marks"] = mark["mark"].isin(["d", "f", "fail"]) & mark["subject_area"].isin(["english", "math"])
    unknown = ~mark["mark"].isin(MARKS)
    mark["most_core_failures"] = mark["core_failures"] | (unknown & mark["subject_area"].isin(CORE))
    mark["most_low_marks"] = mark["low_marks"] | (unknown & mark["subject_area"].isin(["english", "math"]))
    mark["unknown_points"] = (4 * attempted).where(unknown)
    mark["quality_points"], mark["graded_credits"] = (
        mark["points"] * attempted,
        attempted.where(mark["points"].notna() | unknown),
    )
    sums = ["earned", "core_failures", "low_marks", "most_core_failures", "most_low_marks"]
    sums += ["quality_points", "unknown_points"]
    marks = mark.groupby("child")[sums].sum().join(
        mark.groupby("child")[["graded_credits"]].sum(min_count=1)
    )  # fmt: skip
    ninth = ninth.merge(marks.reset_index(), on="child")
    least, wanted = ninth["quality_points"], 3 * ninth["graded_credits"]
    is_removed = _is_in(ninth, removed)
    consortium = [
        ninth["earned"] >= 5,
        _told(ninth["most_core_failures"] <= 1, ninth["core_failures"] > 1),
    ]
    ew_framework = [
        _told(least >= wanted, least + ninth["unknown_points"] < wanted),
        _told(ninth["most_low_marks"] == 0, ninth["low_marks"] > 0),
        (ninth["days_absent"] * 25 <= ninth["days_enrolled"]).where(ninth["days_enrolled"].notna()),
        _told(~is_removed & _is_in(ninth, covered) & ~_is_in(ninth, unclear), is_removed),
    ]
    found = []
    for version, parts in (("consortium", consortium), ("ew_framework", ew_framework)):
        # what is unknown is neither true nor false: off track for one known reason is off track
        known = pd.concat([part.astype(float) for part in parts], axis=1)
        is_judged = known.notna().all(axis=1) | (known == 0).any(axis=1)
        is_success = (known == 1).all(axis=1)
        found.append(_result(ninth[is_judged], "ninth_grade_on_track", version, is_success[is_judged]))
    return found


def _told(is_true: pd.Series, is_false: pd.Series) -> pd.Series:
    """1 where it is true for sure, 0 where it is false for sure, else nothing."""
    return is_true.astype(float).where(is_true | is_false)


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
