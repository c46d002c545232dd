"""The groups children are told apart by, in the order in which they are paired, from dbt's seed."""

import csv
from collections.abc import Iterable
from itertools import combinations, product
from pathlib import Path

from ingestion.contracts.conformed import conformed_codes

_SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "disaggregates.csv"


def _listed() -> list[dict[str, str]]:
    with _SEED.open(encoding="utf-8") as file:
        return sorted(csv.DictReader(file), key=lambda row: int(row["sort_order"]))


# disaggregates whose subgroups are the codes of another list than their own
CODE_LISTS = {"race_spd15": "race_ethnicity"}
# disaggregates that only communities have whose folder tells of them, and the table that does
TOLD_BY = {row["disaggregate_id"]: row["told_by"] for row in _listed() if row["told_by"]}
DISAGGREGATES = tuple(row["disaggregate_id"] for row in _listed())
_PARTS = {
    f"{first}_x_{second}": (first, second)
    for first, second in combinations(
        [row["disaggregate_id"] for row in _listed() if row["allowed_in_pairs"] == "true"], 2
    )
}
PAIRS = tuple(_PARTS)


def parts_of(pair: str) -> tuple[str, str]:
    """The two disaggregates of a pair of PAIRS."""
    return _PARTS[pair]


def subgroups_of(disaggregate: str, neighborhoods: Iterable[str] = ()) -> tuple[str, ...]:
    """The subgroups of `all`, of a disaggregate or of a pair (`asian|female`); `unknown` is none.

    Neighborhoods are those of the community.
    """
    if disaggregate == "neighborhood":
        return tuple(neighborhoods)
    if disaggregate in _PARTS:
        first, second = map(subgroups_of, _PARTS[disaggregate])
        return tuple(f"{one}|{other}" for one, other in product(first, second))
    if disaggregate == "all":
        return ("all",)
    # what has no list of codes is a flag
    codes = conformed_codes(CODE_LISTS.get(disaggregate, disaggregate))
    return tuple(code for code in codes if code != "unknown") or ("yes", "no")
