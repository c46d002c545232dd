"""The last part of the comparison with pandas: from a row per child to every disaggregate's cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.pandas_years import PERIODS
from benchmarks.riverbend import (
    CELLS,
    FLAGS,
    HOME_LEVELS,
    IN_COMBINATION,
    MEASURES,
    PAIRED_SETS,
    SCHOOL_LEVELS,
    SUBGROUPS,
    TRAITS,
    UNPAIRED_SETS,
    UNTOLD,
)

NUMBER = {name: at for at, name in enumerate(SUBGROUPS)}
BITS = 5  # of a subgroup's number
PAIRED_TOLD = ["race_ethnicity", "gender", *list(FLAGS)[:5]]
UNPAIRED_TOLD = ["home_language", "migrant", "military_connected"]
LEVELS = (*SCHOOL_LEVELS, *HOME_LEVELS)
SETS = [*PAIRED_SETS, *UNPAIRED_SETS]
Numbers = np.ndarray


@dataclass(frozen=True)
class Rows:
    """Children counted by place and profile, each one number: grouping by them is grouping by a number."""

    place: Numbers  # series and place
    profile: Numbers
    counts: pd.DataFrame  # denominator, numerator

    def grouped(self, place: Numbers, profile_bits: int) -> Rows:
        """The same children, counted at these places."""
        summed = _summed(place << profile_bits | self.profile, self.counts)
        numbers = summed.index.to_numpy()
        return Rows(numbers >> profile_bits, numbers & ((1 << profile_bits) - 1), summed)


def cells_of(results: pd.DataFrame, described: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Every disaggregate and pair at every geography level."""
    joined = _with_profiles(results, described).merge(schools, on="organization_id", how="left")
    ids = ["organization_id", "district_id", "zip", "tract"]
    of_ids, geographies = pd.factorize(joined[ids].fillna("unknown").to_numpy().ravel())
    of_ids = of_ids.reshape(-1, len(ids)).T
    geographies = np.append(geographies, "riverbend")
    series = joined.groupby(["measure", "year", "collection"], sort=False).ngroup().to_numpy() << 20
    places = {"school": series | of_ids[0], "zip": series | of_ids[2], "tract": series | of_ids[3]}
    district = np.zeros(len(geographies), dtype="int64")
    district[of_ids[0]] = of_ids[1]
    counts = pd.DataFrame({"denominator": 1, "numerator": joined["is_success"].to_numpy(dtype="int64")})

    found = []
    races, of_races = _races(joined["races"])
    n_bits = {"paired": BITS * len(PAIRED_TOLD), "unpaired": BITS * len(UNPAIRED_TOLD) + 8}
    packed = {
        "paired": _packed(joined, PAIRED_TOLD),
        "unpaired": _packed(joined, UNPAIRED_TOLD) << 8 | races,
    }
    for part, bits in n_bits.items():
        rows = {
            level: Rows(place, packed[part], counts).grouped(place, bits) for level, place in places.items()
        }
        at_school = rows["school"].place
        of_district = at_school >> 20 << 20 | district[at_school & 0xFFFFF]
        rows["district"] = rows["school"].grouped(of_district, bits)
        of_community = rows["district"].place >> 20 << 20 | len(geographies) - 1
        rows["community"] = rows["district"].grouped(of_community, bits)
        for level, of_level in rows.items():
            columns = _paired(of_level.profile) if part == "paired" else _unpaired(of_level.profile, of_races)
            sets = PAIRED_SETS if part == "paired" else UNPAIRED_SETS
            found += _in_sets(
                level, of_level, columns, [s for s in sets if level not in HOME_LEVELS or len(s) < 2]
            )
    first = joined.drop_duplicates(["measure", "year", "collection"])
    return _named(pd.concat(found, ignore_index=True), first, geographies)


def _packed(rows: pd.DataFrame, columns: Sequence[str]) -> Numbers:
    """The numbers of several subgroups in one, the first in the lowest bits."""
    packed = np.zeros(len(rows), dtype="int64")
    for at, name in enumerate(columns):
        packed |= rows[name].to_numpy(dtype="int64") << BITS * at
    return packed


def _unpacked(profile: Numbers, columns: Sequence[str]) -> dict[str, Numbers]:
    return {name: profile >> BITS * at & ((1 << BITS) - 1) for at, name in enumerate(columns)}


def _races(told: pd.Series) -> tuple[Numbers, dict[str, Numbers]]:
    """A number for the races each row tells, and what the number means in the disaggregates of races."""
    numbers, texts = pd.factorize(told, use_na_sentinel=False)
    lists = [[] if pd.isna(text) else str(text).split(";") for text in texts]

    def one(told: list[str]) -> str:
        return "unknown" if not told else "two_or_more_races" if len(told) > 1 else told[0]

    def is_of(race: str, told: list[str]) -> str:
        return "unknown" if not told else "yes" if race in told else "no"

    of_races = {"race_spd15": np.array([NUMBER[one(told)] for told in lists])}
    for race, name in IN_COMBINATION.items():
        of_races[name] = np.array([NUMBER[is_of(race, told)] for told in lists])
    return numbers, of_races


def _paired(profile: Numbers) -> dict[str, Numbers]:
    columns = _unpacked(profile, PAIRED_TOLD)
    unknown = np.full(len(profile), NUMBER["unknown"])
    return columns | {"homelessness_any_source": columns["homelessness"]} | dict.fromkeys(UNTOLD, unknown)


def _unpaired(profile: Numbers, of_races: dict[str, Numbers]) -> dict[str, Numbers]:
    return _unpacked(profile >> 8, UNPAIRED_TOLD) | {
        name: of[profile & 0xFF] for name, of in of_races.items()
    }


def _in_sets(
    level: str, rows: Rows, columns: dict[str, Numbers], sets: Iterable[tuple[str, ...]]
) -> list[pd.DataFrame]:
    found = []
    for one in sets:
        group = rows.place << 2 * BITS
        for at, name in enumerate(one):
            group |= columns[name] << BITS * at
        summed = _summed(group, rows.counts).reset_index(names="group")
        found.append(summed.assign(level=np.int8(LEVELS.index(level)), of_set=np.int8(SETS.index(one))))
    return found


def _summed(group: Numbers, counts: pd.DataFrame) -> pd.DataFrame:
    return counts.groupby(group, sort=False).sum()


def _named(found: pd.DataFrame, first: pd.DataFrame, geographies: Numbers) -> pd.DataFrame:
    """Cells as they are written, texts in the place of numbers; `first` has a row of each series."""
    group = found["group"].to_numpy()
    series, pair, n_of_pair = group >> 2 * BITS + 20, group & ((1 << 2 * BITS) - 1), 1 << BITS
    is_pair = np.array([len(one) for one in SETS])[found["of_set"]]
    names = [*SUBGROUPS, *[""] * (n_of_pair - len(SUBGROUPS))]
    subgroups = ["all", *names, *[f"{one}|{two}" for two in names for one in names]]
    of_subgroup = np.select([is_pair == 0, is_pair == 1], [0, 1 + pair], 1 + n_of_pair + pair)
    measures = first["measure"].to_numpy()[series]

    def texts(numbers: Numbers, values: Sequence[str] | Numbers) -> pd.Categorical:
        known, found = pd.factorize(np.asarray(values, dtype=object))
        return pd.Categorical.from_codes(known[numbers], found)

    return pd.DataFrame(
        {
            "indicator_id": texts(measures, [indicator for indicator, _ in MEASURES]),
            "definition_version": texts(measures, [version for _, version in MEASURES]),
            "school_year": first["year"].to_numpy()[series],
            "collection": texts(series, first["collection"].to_numpy()),
            "geography_level": texts(found["level"].to_numpy(), LEVELS),
            "geography_id": texts(group >> 2 * BITS & 0xFFFFF, geographies),
            "disaggregate": texts(found["of_set"].to_numpy(), ["_x_".join(one) or "all" for one in SETS]),
            "subgroup": texts(of_subgroup, subgroups),
            "denominator": found["denominator"],
            "numerator": found["numerator"],
        }
    )[CELLS]


def _with_profiles(results: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """A child counted in a year it was not enrolled is described as in the last annual collection before."""
    joined = results.merge(described, on=PERIODS, how="left", indicator=True)
    unknown = joined["_merge"] == "left_only"
    columns = described.columns.difference(PERIODS)
    annual = described[described["collection"] == "annual"].drop(columns="collection")
    missing = joined.loc[unknown, ["child", "year"]].drop_duplicates()
    before = missing.merge(annual.rename(columns={"year": "year_before"}), on="child")
    before = before[before["year_before"] < before["year"]].sort_values("year_before")
    before = before.drop_duplicates(["child", "year"], keep="last").drop(columns="year_before")
    filled = joined.loc[unknown].drop(columns=columns).merge(before, on=["child", "year"], how="left")
    whole = pd.concat([joined[~unknown], filled], ignore_index=True)
    numbers = [*TRAITS, *FLAGS]
    whole[numbers] = whole[numbers].fillna(NUMBER["unknown"]).astype("int8")
    return whole
