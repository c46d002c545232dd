"""Which codes a partner may send without surprise: the conformed ones, and those its crosswalk translates."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

from ingestion.community import Community
from ingestion.contract import Contract

# the conformed lists are stated once, as the seeds that dbt loads
CONFORMED = Path(__file__).parent.parent / "dbt_project" / "seeds" / "codes"


def known_codes(community: Community, contract: Contract, school_year: int) -> dict[str, frozenset[str]]:
    """Code column -> the codes known for this partner and school year; one without a list is left out."""
    translated: dict[str, set[str]] = defaultdict(set)
    for row in community.crosswalks.get(contract.partner, ()):
        first, last = row.years()
        if first <= school_year <= last:
            translated[row.field] |= {row.partner_code, row.conformed_code}
    entity = contract.canonical
    coded = [name for name in contract.columns if entity.columns[name].type in ("code", "codes")]
    known = {name: frozenset(translated[name] | conformed_codes(name)) for name in coded}
    return {name: codes for name, codes in known.items() if codes}


@cache
def conformed_codes(field: str) -> frozenset[str]:
    """The codes of the conformed list of a field; empty where there is none."""
    path = CONFORMED / f"{field}.csv"
    if not path.exists():
        return frozenset()
    with path.open(newline="", encoding="utf-8") as file:
        return frozenset(row["code"] for row in csv.DictReader(file))
