"""No release that tells of a child: the attack on what is about to be published, and on what was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.spill import working_database
from ingestion.sql_text import literal
from ingestion.warehouse_file import attach_warehouse, open_warehouse
from ingestion.wording import counted
from publishing.attack.report import AttackReport
from publishing.attack.told import columns_of
from publishing.release_contents import MANIFEST, ReleaseError
from publishing.released import attacked_units

if TYPE_CHECKING:
    import duckdb

    from ingestion.home import Home

VALUES = "indicator_values"
MOST_NAMED = 20


def refuse_what_tells(con: duckdb.DuckDBPyConnection, home: Home) -> AttackReport:
    """The attack on schema published of `warehouse`; ReleaseError if it tells.

    Indicators and years that are as in the current release are not attacked again.
    """
    from publishing.attack.attack import attack

    report = attack(
        con,
        "warehouse.published",
        earlier=earlier_values(home),
        ever=ever_shown(home),
        true_cells=true_cells_of(con),
        kept=attacked_units(home, home.current_release.resolve().name),
    )
    refuse(report)
    return report


def refuse(report: AttackReport) -> None:
    """ReleaseError with what the attack found, at most so many findings that a person reads them."""
    if not report.findings:
        return
    rule = "no hidden number may be worked out of what is published, nor come near it"
    next_step = "The last release stays in force; docs/attack.md says what to do"
    named = [
        ReleaseError(str(finding), rule=rule, next_step=next_step) for finding in report.findings[:MOST_NAMED]
    ]
    if len(report.findings) > MOST_NAMED:
        more = counted(len(report.findings) - MOST_NAMED, "further finding")
        named.append(ReleaseError(f"and {more}", rule=rule, next_step=next_step))
    raise ReleaseError.of(named)


def attack_release(home: Home, release_id: str | None = None, *, guesses: bool = False) -> AttackReport:
    """Attack a release that is kept, by default the current one; ReleaseError where it is not there."""
    from publishing.attack.attack import attack

    folder = home.release_folder(release_id) if release_id else home.current_release
    if not (folder / MANIFEST).exists():
        raise ReleaseError(
            f"release {release_id} is not kept" if release_id else "there is no release yet",
            where=str(home.published),
            next_step='See `milepost query "from releases"`, or run `milepost refresh`',
        )
    with working_database(home, threads=2) as con:
        con.execute(f"attach {literal(str(folder / 'release.duckdb'))} as release (read_only)")
        true_cells = None
        if is_built_as(home, folder.resolve().name):
            attach_warehouse(con, home)
            true_cells = true_cells_of(con)
        name = folder.resolve().name
        return attack(
            con,
            "release.published",
            earlier=earlier_values(home, before=name),
            ever=ever_shown(home, before=name),
            true_cells=true_cells,
            guesses=guesses,
        )


def ever_shown(home: Home, before: str | None = None) -> str | None:
    """The record of all that releases showed (older than `before`, if given); None before the first."""
    if not home.shown_values.exists():
        return None
    record = f"read_parquet({literal(str(home.shown_values))})"
    older = f" where substr(first_release_id, 2)::bigint < {int(before[1:])}" if before else ""
    return f"(select * from {record}{older})"


def earlier_values(home: Home, before: str | None = None) -> dict[str, str]:
    """Release id -> its indicator_values, of every release that is kept (older than `before`, if given).

    Those withdrawn too: who has read them knows what they said.
    """
    found = {}
    folders = [*home.published.glob("r[0-9]*"), *home.withdrawn_releases.glob("r[0-9]*")]
    for folder in sorted(folders, key=_number):
        file = folder / f"{VALUES}.parquet"
        if file.exists() and (before is None or _number(folder) < int(before[1:])):
            found[folder.name] = f"read_parquet({literal(str(file))})"
    return found


def _number(folder: Path) -> int:
    return int(folder.name[1:])


def is_built_as(home: Home, release_id: str) -> bool:
    """Whether the warehouse is the one the release was made of."""
    import duckdb

    if not home.warehouse.exists():
        return False
    with open_warehouse(home) as con:
        try:
            row = con.execute("select release_id from published.releases where is_current").fetchone()
        except duckdb.CatalogException:
            return False
    return row is not None and row[0] == release_id


def true_cells_of(con: duckdb.DuckDBPyConnection) -> str | None:
    """Cells of the marts, which tell where children of unknown group are; nothing else is taken of them."""
    return (
        "warehouse.marts.indicator_cells"
        if columns_of(con, "warehouse.marts").get("indicator_cells")
        else None
    )


def facts_of(folder: Path) -> Mapping[str, Any]:
    """What the manifest of a release says of the attack on it; nothing where there is none of either."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    facts: Mapping[str, Any] = manifest.get("attack") or {}
    return facts
