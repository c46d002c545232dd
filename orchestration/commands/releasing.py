"""`milepost releases` and `milepost release`: what was published, and what is done to a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from orchestration.commands import release_attack
from orchestration.commands.deliveries import JSON
from orchestration.console import err, out, print_json, print_table

if TYPE_CHECKING:
    from publishing.release_changes import Changes

LARGEST = 10
release = typer.Typer(
    no_args_is_help=True,
    help="One release: what it holds, what changed, what can be worked out of it, its end.",
)
RELEASE = typer.Argument("current", help="Such as r0003, or `current`.")


def register(app: typer.Typer) -> None:
    app.command()(releases)
    release.command()(show)
    release.command()(diff)
    release.command()(withdraw)
    release.command()(allow)
    release_attack.register(release)
    app.add_typer(release, name="release")


def releases(as_json: bool = JSON) -> None:
    """List the releases, the newest first: when, as of which data, which is current, which withdrawn and why.

    Example: milepost releases
    """
    from ingestion.home import Home
    from publishing.release_history import current_manifest, read_history

    home = Home.from_environment()
    current = (current_manifest(home) or {}).get("release_id")
    found = [
        {
            **entry,
            "is_current": entry["release_id"] == current,
            "is_kept": home.release_folder(entry["release_id"]).exists(),
        }
        for entry in reversed(read_history(home))
    ]
    if as_json:
        print_json(found)
        return
    if not found:
        err.print("Nothing was published yet. `milepost refresh` makes the first release.")
        return
    rows = [(e["release_id"], e["created_at"], _state(e), _notes(e)) for e in found]
    print_table("Releases", ["release", "made (UTC)", "state", "notes"], rows)


def _state(entry: dict[str, Any]) -> str:
    if entry["withdrawn_at"]:
        return "withdrawn"
    if entry["is_current"]:
        return "current"
    return "kept" if entry["is_kept"] else "values kept"


def _notes(entry: dict[str, Any]) -> str:
    return str(entry["withdrawal_reason"] or entry["notes"] or "")


def show(release_id: str = RELEASE, as_json: bool = JSON) -> None:
    """What a release holds: tables, rows, hashes, how final its years are, what the outgoing gate found.

    Example: milepost release show r0003
    """
    import json

    from ingestion.home import Home
    from publishing.release_changes import usable_release
    from publishing.release_contents import MANIFEST, ReleaseError

    home = Home.from_environment()
    entry = usable_release(home, release_id)
    path = home.release_folder(entry["release_id"]) / MANIFEST
    if not path.exists():
        raise ReleaseError(
            f"{entry['release_id']} is kept no longer",
            where=str(home.published),
            rule="The last three releases are kept whole",
            next_step="`milepost releases` says which are; `milepost release diff` still knows its values",
        )
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if as_json:
        print_json(manifest)
        return
    made = f"made {manifest['created_at']} UTC, data as of {manifest['data_as_of']}"
    out.print(f"{manifest['release_id']}: {made}. {manifest['notes'] or ''}", markup=False)
    rows = [(name, facts["rows"], facts["sha256"][:16]) for name, facts in manifest["tables"].items()]
    print_table("Tables", ["table", "rows", "sha-256 of the Parquet file"], rows)
    maturities = [tuple(one.values()) for one in manifest.get("data_maturity", [])]
    print_table("How final", ["community", "year", "collection", "maturity"], maturities, plain=True)


def diff(
    before: str = typer.Argument(help="Such as r0002."),
    after: str = RELEASE,
    as_json: bool = JSON,
    as_csv: bool = typer.Option(False, "--csv", help="Every value that differs, comma-separated."),
    limit: int = typer.Option(LARGEST, help="How many of the largest changes are shown.", min=0),
) -> None:
    """What changed between two releases: rows by table, values by cause, the largest changes.

    A cause is told by the later release's table `restatements`; a year that is new has none. Of a release
    that is no longer kept whole, values alone are compared.

    Example: milepost release diff r0002 r0003

    Example: milepost release diff r0002 --csv
    """
    import sys

    from ingestion.home import Home
    from ingestion.spill import working_database
    from publishing.access_log import record_access
    from publishing.csv_text import write_rows
    from publishing.dbt_project import DBT_PROJECT
    from publishing.release_changes import release_changes
    from publishing.release_contents import load_promise
    from publishing.release_inputs import KEY

    home = Home.from_environment()
    with working_database(home) as con:
        changes = release_changes(con, home, load_promise(DBT_PROJECT), before, after)
        in_order = f"abs(change_points) desc nulls last, {', '.join(KEY)}"
        if as_csv:
            rows = write_rows(sys.stdout, con.execute(f"from value_changes order by {in_order}"))
            record_access(home, "release diff", release=after, rows=rows, format="csv")
            return
        of_everyone = "geography_level = 'community' and disaggregate = 'all'"
        largest = con.execute(
            f"select * from value_changes where change_points is not null order by {of_everyone} desc, "
            f"{in_order} limit {limit}"
        )
        names = [column[0] for column in largest.description or []]
        found = [dict(zip(names, row, strict=True)) for row in largest.fetchall()]
    if as_json:
        print_json({**_told(changes), "largest": found})
        return
    _print_changes(changes, found)


def _told(changes: Changes) -> dict[str, Any]:
    return {
        "tables": changes.tables,
        "tables_new": changes.tables_new,
        "tables_gone": changes.tables_gone,
        "values": changes.values,
        "causes": changes.causes,
    }


def _print_changes(changes: Changes, largest: list[dict[str, Any]]) -> None:
    rows = [(name, *counts.values()) for name, counts in changes.tables.items() if any(counts.values())]
    if not rows and not changes.tables_new and not changes.tables_gone:
        err.print("Nothing differs.")
        return
    print_table("Rows", ["table", "added", "removed", "changed"], rows)
    for what, names in (("new", changes.tables_new), ("gone", changes.tables_gone)):
        if names:
            err.print(f"Tables that are {what}: {', '.join(names)}.")
    causes = [(cause.replace("_", " ") or "new year, or none told", n) for cause, n in changes.causes.items()]
    if causes:
        print_table("Values that differ, by cause", ["cause", "values"], causes)
    said = [
        (
            f"{one['indicator_id']} ({one['definition_version']})",
            f"{one['school_year']} {one['collection']}",
            f"{one['geography_id']} {one['subgroup']}",
            f"{100 * one['old_value']:.1f}",
            f"{100 * one['new_value']:.1f}",
            (one["cause"] or "").replace("_", " "),
        )
        for one in largest
    ]
    if said:
        columns = ["indicator", "year", "who", "was %", "is %", "cause"]
        print_table("Largest changes, the whole community first", columns, said)


def withdraw(
    release_id: str = typer.Argument(help="Such as r0003."),
    reason: str = typer.Option(help="Why: readers are told."),
    delete: bool = typer.Option(False, help="Remove its files, instead of keeping them under withdrawn/."),
    as_json: bool = JSON,
) -> None:
    """Take a release out of force: the one before is current again, and its number is never used again.

    The same numbers do not come back with the next refresh, unless `milepost release allow` lets them.

    Example: milepost release withdraw r0003 --reason "wrong year in the attendance of River City"
    """
    from ingestion.home import Home
    from publishing.access_log import record_access
    from publishing.withdrawal import withdraw_release

    home = Home.from_environment()
    result = withdraw_release(home, release_id, reason, delete)
    record_access(home, "release withdraw", release=release_id)
    if as_json:
        print_json(result)
        return
    err.print(f"{release_id} was withdrawn already." if result["already"] else f"Withdrawn: {release_id}.")
    current = result["current"]
    err.print(f"Current is {current}." if current else "No release is left; the next refresh makes one.")
    if not result["is_deleted"]:
        err.print(
            f"Its files are in {home.withdrawn_releases / release_id}, for nobody to read.", soft_wrap=True
        )


def allow(
    release_id: str = typer.Argument(help="A withdrawn release."),
    reason: str = typer.Option(help="Why its numbers are right after all."),
) -> None:
    """Let the numbers of a withdrawn release be published again, under a new number, by the next refresh.

    Example: milepost release allow r0003 --reason "the partner confirmed the file"
    """
    from ingestion.home import Home
    from publishing.access_log import record_access
    from publishing.withdrawal import allow_again

    home = Home.from_environment()
    allow_again(home, release_id, reason)
    record_access(home, "release allow", release=release_id)
    err.print(f"The numbers of {release_id} may be published again: milepost refresh")
