"""What an attack found, as counts for a manifest and sentences for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ingestion.wording import counted


@dataclass(frozen=True)
class Finding:
    """One thing that a release tells and should not: where, and by which sum or table; never the number."""

    kind: str
    community_id: str
    indicator_id: str
    school_year: int | None
    place: str
    subgroup: str
    how: str

    def __str__(self) -> str:
        what = " ".join(
            str(part) for part in (self.indicator_id, self.school_year, self.place, self.subgroup) if part
        )
        return f"{what}: {self.how}" if what else self.how


@dataclass(frozen=True)
class AttackReport:
    """The attack on one release.

    `units` is "community indicator year" -> its hash and facts, made of hidden counts too: never published.
    """

    cells: int
    shown: int
    banded: int
    hidden: int
    equations: int
    unknowns: int
    narrowest_n: float | None
    narrowest_x: float | None
    indicator_years: int
    attacked: int
    seconds: float
    findings: tuple[Finding, ...]
    units: Mapping[str, Mapping[str, Any]]

    def facts(self) -> dict[str, Any]:
        """For a manifest, which everybody reads: neither findings, of which it has none, nor `units`."""
        return {name: value for name, value in asdict(self).items() if name not in ("findings", "units")}


def sentences(facts: Mapping[str, Any]) -> list[str]:
    """The report of a manifest for people."""
    anew = facts["attacked"]
    said = [
        f"The attack on the release: {counted(facts['cells'], 'cell')}, {facts['shown']:,} shown,"
        f" {facts['banded']:,} as a band, {facts['hidden']:,} hidden."
        f" {counted(facts['equations'], 'equation')} were solved"
        f" for {counted(facts['unknowns'], 'unknown')} of"
        f" {counted(facts['indicator_years'], 'indicator-year')} ({anew:,} of them anew)"
        f" in {facts['seconds']:.1f} s."
    ]
    if facts["narrowest_n"] is not None:
        said.append(
            f"Every size of a group hidden for being small stays open by at least {facts['narrowest_n']:.0f}"
            + (
                f", every hidden or banded result by at least {facts['narrowest_x']:.0f}."
                if facts["narrowest_x"] is not None
                else "."
            )
        )
    return said
