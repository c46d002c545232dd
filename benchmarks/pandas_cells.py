"""The second half of the comparison with pandas: from a row per child to every disaggregate's cells."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.riverbend import CELLS, DISAGGREGATES, KEYS, SETS

PERIODS = ["child", "year", "collection"]


def cells_of(results: pd.DataFrame, described: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Every disaggregate and pair at every geography level."""
    joined = results.merge(described, on=PERIODS, how="left", indicator=True)
    joined = _as_last_known(joined, described).merge(schools, on="organization_id", how="left")
    joined["district_id"], joined["community"] = joined["district_id"].fillna("unknown"), "riverbend"
    keys = [*KEYS[:2], "year", "collection"]
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
