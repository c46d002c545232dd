"""The groups children are told apart by, in the order in which they are paired, from dbt's seed."""

import csv
from itertools import combinations
from pathlib import Path

_SEED = Path(__file__).parents[1] / "dbt_project" / "seeds" / "disaggregates.csv"


def _listed() -> list[dict[str, str]]:
    with _SEED.open(encoding="utf-8") as file:
        return sorted(csv.DictReader(file), key=lambda row: int(row["sort_order"]))


DISAGGREGATES = tuple(row["disaggregate_id"] for row in _listed())
PAIRS = tuple(
    f"{first}_x_{second}"
    for first, second in combinations(
        [row["disaggregate_id"] for row in _listed() if row["allowed_in_pairs"] == "true"], 2
    )
)
