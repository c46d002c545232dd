"""The partner that a command was asked about."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.console import UsageError


def refuse_unknown_partner(partner: str, known: Iterable[str]) -> None:
    """UsageError with the nearest known one for a partner that nobody knows; none named is none wrong."""
    from ingestion.yaml_file import near_miss

    names = sorted({*known})
    if partner and partner not in names:
        raise UsageError(f"no partner is called '{partner}'", next_step=near_miss(partner, names))
