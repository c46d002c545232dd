"""The comparison with pandas: where children were in a year, and what is told of them."""

from __future__ import annotations

import pandas as pd

from benchmarks.riverbend import FLAGS, SUBGROUPS, TRAITS

PERIODS = ["child", "year", "collection"]
RECENCY = {"fall": 1, "winter": 2, "spring": 3, "annual": 4}


def student_years(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per child, school year and collection: accountable school, grade, days over all schools."""
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


def described(tables: dict[str, pd.DataFrame], years: pd.DataFrame) -> pd.DataFrame:
    """Child, year, collection; disaggregates as positions in SUBGROUPS; races, ZIP code and tract."""
    reported = _reported(tables["person"], years)
    found = years[PERIODS].merge(reported, on=PERIODS, how="left")
    lacks = found[[*TRAITS, "races"]].isna().any(axis=1)
    recent = reported[reported["child"].isin(found.loc[lacks, "child"])]
    recency = recent["year"] * 10 + recent["collection"].map(RECENCY)
    recent = recent.assign(recency=recency).sort_values("recency")
    for name in (*TRAITS, "races"):
        last = recent.dropna(subset=[name]).drop_duplicates("child", keep="last").set_index("child")[name]
        found[name] = found[name].fillna(found["child"].map(last))
    found = _with_flags(found, tables["status"])
    number = {name: at for at, name in enumerate(SUBGROUPS)}
    for name in TRAITS:
        found[name] = found[name].map(number).fillna(number["unknown"]).astype("int8")
    for name in FLAGS:
        told = found[name].map({1: number["yes"], 0: number["no"]})
        found[name] = told.fillna(number["unknown"]).astype("int8")
    return found


def _reported(person: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    """A row per child and collection: the accountable school's partner decides, else the alphabet."""
    is_told_twice = person.duplicated(PERIODS, keep=False)
    twice = person[is_told_twice].merge(
        years[[*PERIODS, "partner"]], on=PERIODS, how="left", suffixes=("", "_place")
    )
    twice["elsewhere"] = twice["partner"] != twice["partner_place"]
    agreed = twice[PERIODS].drop_duplicates()
    columns = [*TRAITS, "races", "zip", "tract"]
    for name in columns:
        first = twice.sort_values(["elsewhere", name]).dropna(subset=[name]).drop_duplicates(PERIODS)
        agreed = agreed.merge(first[[*PERIODS, name]], on=PERIODS, how="left")
    return pd.concat([person.loc[~is_told_twice, [*PERIODS, *columns]], agreed], ignore_index=True)


def _with_flags(found: pd.DataFrame, status: pd.DataFrame) -> pd.DataFrame:
    """Statuses of the year; before they are certified last year's stand."""
    flags = status.groupby(PERIODS)[[*FLAGS]].max().reset_index()
    found = found.merge(flags, on=PERIODS, how="left")
    before = (
        flags[flags["collection"] == "annual"]
        .assign(year=lambda frame: frame["year"] + 1)
        .drop(columns="collection")
    )
    found = found.merge(before, on=["child", "year"], how="left", suffixes=("", "_before"))
    for name in FLAGS:
        is_known = found[name].notna() | (found["collection"] == "annual")
        found[name] = found[name].where(is_known, found[f"{name}_before"])
    return found.drop(columns=[f"{name}_before" for name in FLAGS])
