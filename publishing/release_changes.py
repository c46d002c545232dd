"""What changed between two releases: rows by table, and values with their causes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ingestion.sql_text import literal
from ingestion.yaml_file import near_miss
from publishing.release_contents import MANIFEST, RELEASE_COLUMNS, PromisedTable, ReleaseError
from publishing.release_history import read_history
from publishing.release_inputs import KEY

if TYPE_CHECKING:
    from ingestion.home import Home

VALUES = "indicator_values"
SHOWN = ("denominator", "value", "value_low", "value_high", "suppression")
DIFFERS = (
    "was.suppression is distinct from held.suppression or was.denominator is distinct from held.denominator"
    " or round(was.value, 9) is distinct from round(held.value, 9)"
    " or round(was.value_low, 9) is distinct from round(held.value_low, 9)"
    " or round(was.value_high, 9) is distinct from round(held.value_high, 9)"
)


@dataclass(frozen=True)
class Changes:
    """`tables` is name -> rows added, removed, changed; `causes` counts values by cause ("" for new years).

    The values that differ are in table `value_changes` of the connection.
    """

    tables: Mapping[str, Mapping[str, int]]
    causes: Mapping[str, int]
    values: Mapping[str, int]
    tables_gone: tuple[str, ...]
    tables_new: tuple[str, ...]


def usable_release(home: Home, release_id: str) -> dict[str, Any]:
    """The history's entry of a release, `current` included; ReleaseError for an unknown or withdrawn one."""
    history = {entry["release_id"]: entry for entry in read_history(home)}
    if release_id == "current" and home.current_release.is_symlink():
        release_id = home.current_release.readlink().name
    if release_id not in history:
        raise ReleaseError(
            f"there is no release {release_id}",
            where=str(home.published),
            next_step=near_miss(release_id, history) if history else "Make one: milepost refresh",
        )
    entry = history[release_id]
    if entry["withdrawn_at"]:
        raise ReleaseError(
            f"{release_id} was withdrawn ({entry['withdrawal_reason']})",
            rule="Nobody reads a withdrawn release",
            next_step="`milepost releases` lists those in force",
        )
    return entry


def release_changes(
    con: duckdb.DuckDBPyConnection, home: Home, promise: Mapping[str, PromisedTable], before: str, after: str
) -> Changes:
    """Compare two releases in force, whichever is older; leaves table value_changes in `con`."""
    ids = [usable_release(home, one)["release_id"] for one in (before, after)]
    files = [_files(home, one) for one in ids]
    shared = [name for name in promise if all(name in of_release for of_release in files)]
    tables = {name: _rows(con, promise[name], files[0][name], files[1][name]) for name in shared}
    _compare_values(con, home, files[0][VALUES], files[1][VALUES], ids)
    causes = con.execute(
        "select coalesce(cause, ''), count(*) from value_changes group by all order by 2 desc, 1"
    ).fetchall()
    kinds = con.execute("select change, count(*) from value_changes group by all order by all").fetchall()
    names = [set(of_release) for of_release in files]
    both_whole = all(len(of_release) > 1 for of_release in files)
    return Changes(
        tables=tables,
        causes=dict(causes),
        values=dict(kinds),
        tables_gone=tuple(sorted(names[0] - names[1])) if both_whole else (),
        tables_new=tuple(sorted(names[1] - names[0])) if both_whole else (),
    )


def _files(home: Home, release_id: str) -> dict[str, Path]:
    """The Parquet files of a release; of one that is no longer whole, its values alone."""
    folder = home.release_folder(release_id)
    if (folder / MANIFEST).exists():
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {name: folder / facts["file"] for name, facts in manifest["tables"].items()}
    kept = home.released_folder(release_id) / "values.parquet"
    if not kept.exists():
        raise ReleaseError(
            f"of {release_id} nothing is kept to compare",
            where=str(home.published),
            next_step="Compare with a later release: `milepost releases` lists them",
        )
    return {VALUES: kept}


def _rows(con: duckdb.DuckDBPyConnection, table: PromisedTable, was: Path, held: Path) -> dict[str, int]:
    """Rows of one table added, removed and changed, by its key, over the columns both have."""
    columns = [
        {row[0] for row in con.execute(f"describe select * from {literal(str(path))}").fetchall()}
        for path in (was, held)
    ]
    compared = [
        c for c in table.columns if c in columns[0] & columns[1] and c not in (*table.key, *RELEASE_COLUMNS)
    ]
    differs = " or ".join(f"was.{c} is distinct from held.{c}" for c in compared) or "false"
    same = " and ".join(f"was.{c} is not distinct from held.{c}" for c in table.key)
    ((added, removed, changed),) = con.execute(
        f"select count(*) filter (was.is_there is null), count(*) filter (held.is_there is null), "
        f"count(*) filter (was.is_there and held.is_there and ({differs})) "
        f"from (select *, true as is_there from {literal(str(was))}) as was "
        f"full outer join (select *, true as is_there from {literal(str(held))}) as held on {same}"
    ).fetchall()
    return {"added": added, "removed": removed, "changed": changed}


def _compare_values(
    con: duckdb.DuckDBPyConnection, home: Home, was: Path, held: Path, ids: list[str]
) -> None:
    key = ", ".join(f"coalesce(was.{name}, held.{name}) as {name}" for name in KEY)
    numbers = ", ".join(f"was.{name} as old_{name}, held.{name} as new_{name}" for name in SHOWN)
    same = " and ".join(f"was.{name} = held.{name}" for name in KEY)
    names = ", ".join(KEY)
    con.execute(
        "create or replace temp table value_changes as with compared as ("
        f"select {key}, case when was.release_id is null then 'added' "
        f"when held.release_id is null then 'removed' else 'changed' end as change, {numbers}, "
        "100 * (held.value - was.value) as change_points "
        f"from {literal(str(was))} as was full outer join {literal(str(held))} as held on {same} "
        f"where was.release_id is null or held.release_id is null or {DIFFERS}) "
        "select compared.*, causes.cause from compared "
        f"left join ({_causes(home, ids)}) as causes using ({names})"
    )


def _causes(home: Home, ids: list[str]) -> str:
    """The last cause told of each value by the releases made after the older of two, up to the newer."""
    first, last = sorted(ids)
    between = [e["release_id"] for e in read_history(home) if first < e["release_id"] <= last]
    files = [home.released_folder(one) / "restatements.parquet" for one in between]
    found = [str(file) for file in files if file.exists()]
    names = ", ".join(KEY)
    if not found:
        empty = ", ".join(f"null::{kind} as {name}" for name, kind in KEY.items())
        return f"select {empty}, null::varchar as cause limit 0"
    listed = f"[{', '.join(map(literal, found))}]"
    return f"select {names}, max_by(cause, release_id) as cause from read_parquet({listed}) group by {names}"
