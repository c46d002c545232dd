"""Which codes a partner may send without surprise: the conformed ones, and those its crosswalk translates."""

from __future__ import annotations

from collections import defaultdict

from ingestion.configuration.community import Community
from ingestion.contracts.conformed import conformed_codes
from ingestion.contracts.contract import Contract


def known_codes(community: Community, contract: Contract, school_year: int) -> dict[str, frozenset[str]]:
    """Code column -> the codes known for this partner and school year; one without a list is left out."""
    translated: dict[str, set[str]] = defaultdict(set)
    for row in community.crosswalks.get(contract.partner, ()):
        first, last = row.years()
        if first <= school_year <= last:
            translated[row.field] |= {row.partner_code, row.conformed_code}
    for field, codes in contract.layout_codes.items():
        translated[field] |= {*codes, *codes.values()}
    entity = contract.canonical
    coded = [name for name in contract.columns if entity.columns[name].type in ("code", "codes")]
    known = {name: frozenset(translated[name].union(conformed_codes(name))) for name in coded}
    return {name: codes for name, codes in known.items() if codes}
