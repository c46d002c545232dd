"""What is kept of every release for later ones: its values and inputs, compactly, and the counts behind them.

It lies beside the published folder, not in it: the counts are those that disclosure control hides.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from ingestion.home import Home
from ingestion.parquet_table import write_table
from ingestion.sql_text import literal
from publishing.release_history import KEPT, UNFINISHED, usable
from publishing.release_inputs import KEY, NUMBERS, OF_LAST, VALUE

COPIED = {"deliveries": "release_deliveries"}
# what only the deployment may read, and only as long as the release may be the last one
CELLS, ATTACKED = "cells.parquet", "attacked.json"


def keep_released(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    release_id: str,
    attacked: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Keep what is needed of the release that is about to be made, in whole or not at all.

    `attacked` says of each indicator and year by what it was attacked, as a hash. Made of hidden counts too,
    it would confirm a guess, so it is no part of the release.
    """
    home.released.mkdir(exist_ok=True, mode=0o700)
    unfinished = home.released / f"{UNFINISHED}{release_id}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    _copy(
        con,
        f"select {', '.join(VALUE)} from warehouse.published.indicator_values",
        unfinished / "values.parquet",
    )
    _copy(con, "select * from warehouse.published.restatements", unfinished / "restatements.parquet")
    key = ", ".join(KEY)
    cells = (
        f"select {key}, {', '.join(NUMBERS)} from warehouse.marts.indicator_cells "
        f"semi join warehouse.published.indicator_values using ({key})"
    )
    _copy(con, cells, unfinished / CELLS)
    (unfinished / ATTACKED).write_text(json.dumps(attacked or {}))
    for name, reference in COPIED.items():
        shutil.copyfile(home.reference_file(reference), unfinished / f"{name}.parquet")
    _copy(con, _facts(home), unfinished / "facts.parquet")
    target = home.released_folder(release_id)
    shutil.rmtree(target, ignore_errors=True)  # of a release that was killed before it was current
    unfinished.rename(target)


def attacked_units(home: Home, release_id: str) -> Mapping[str, Mapping[str, Any]]:
    """What `keep_released` was told of the attack on a release; nothing where it is not kept."""
    try:
        found: Mapping[str, Mapping[str, Any]] = json.loads(
            (home.released_folder(release_id) / ATTACKED).read_text()
        )
    except FileNotFoundError:
        return {}
    return found


def _facts(home: Home) -> str:
    """What the release was made of, and until when persons and places are known in it."""
    facts = f"from {literal(str(home.reference_file('release_facts')))}"
    changes, places = home.identity / "person_changes.parquet", home.place_links
    if changes.exists():
        moment = f"coalesce(max(changed_at)::varchar, '') from {literal(str(changes))}"
        facts += f" union all select 'persons', null, null, null, {moment}"
    if places.exists():
        key = "community_id, account_id, place_id"  # as macro content_hash has it
        whole = f"md5(string_agg(concat_ws('|', {key}), ';' order by {key})) from {literal(str(places))}"
        facts += f" union all select 'places', null, null, null, {whole}"
    return facts


def prune_released(home: Home) -> None:
    """Counts are kept of the releases that may become the last one again, values of all."""
    kept = {entry["release_id"] for entry in usable(home)[-KEPT:]}
    if not home.released.exists():
        return
    for folder in home.released.iterdir():
        if folder.name not in kept:
            for name in (CELLS, ATTACKED):
                (folder / name).unlink(missing_ok=True)


def forget_counts(home: Home, but: str | None) -> None:
    """Remove the hidden counts of every release but one: among few a count tells of a child.

    Without them the next release cannot tell that a value changed by what may be shown of it alone.
    """
    for name in (CELLS, ATTACKED):
        for file in home.released.glob(f"*/{name}"):
            if file.parent.name != but:
                file.unlink()
    last = home.reference_file("last_release_cells")
    if last.exists():
        with duckdb.connect(config={"threads": 1}) as con:
            write_table(con, last, OF_LAST["cells"], [])


def _copy(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    con.execute(f"copy ({sql} order by all) to {literal(str(path))} (format parquet, compression zstd)")
