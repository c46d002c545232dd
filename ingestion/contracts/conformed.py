"""The conformed code lists, and what is wrong with a conformed code that is in none of them."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from ingestion.yaml_file import near_miss

# stated once, as the seeds that dbt loads
CONFORMED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "codes"
# conformed by what the partner's crosswalk says, with no list of codes common to all partners
WITHOUT_LIST = ("performance_level",)


@cache
def conformed_fields() -> tuple[str, ...]:
    """The canonical columns that the warehouse conforms; any other keeps the partner's code as it is."""
    return tuple(sorted({*(path.stem for path in CONFORMED.glob("*.csv")), *WITHOUT_LIST}))


def not_conformed(field: str) -> tuple[str, str] | None:
    """What is wrong with codes for a column that no model conforms, and the next step."""
    if field in conformed_fields():
        return None
    step = f"Take it out. Conformed are: {', '.join(conformed_fields())}"
    return f"'{field}' keeps the partner's code, so codes for it have no effect", step


@cache
def conformed_codes(field: str) -> tuple[str, ...]:
    """The codes of the conformed list of a field, in its order; empty where there is none."""
    path = CONFORMED / f"{field}.csv"
    if not path.exists():
        return ()
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(row["code"] for row in csv.DictReader(file))


def unknown_code(field: str, code: str) -> tuple[str, str] | None:
    """What is wrong with a conformed code and the next step; None for a code that is in its field's list."""
    known = conformed_codes(field)
    if not known or code in known:
        return None
    return f"'{code}' is no conformed code of '{field}'", near_miss(code, known)
