"""`milepost explain`, where a published number comes from, and `milepost access`, who exported what."""

from __future__ import annotations

from typing import Any

import typer

from orchestration.commands.deliveries import JSON
from orchestration.console import err, out, print_json, print_table


def register(app: typer.Typer) -> None:
    app.command()(explain)
    app.command()(access)


def explain(
    indicator: str = typer.Argument(help="An indicator_id, such as chronic_absence."),
    year: int | None = typer.Option(None, help="School year, by the year it ends in; else the last one."),
    place: str | None = typer.Option(None, help="A geography_id; else the whole community."),
    level: str | None = typer.Option(
        None, help="A geography_level: community, district, school, zip, tract."
    ),
    disaggregate: str | None = typer.Option(None, help="What children are split by, such as gender."),
    subgroup: str | None = typer.Option(None, help="One value of it, such as female."),
    collection: str | None = typer.Option(None, help="annual, or an interim collection."),
    definition: str | None = typer.Option(None, help="A definition_version; else the default."),
    community: str | None = typer.Option(None, help="A community_id, where there are several."),
    release: str = typer.Option("current", help="A release that is kept."),
    as_json: bool = JSON,
) -> None:
    """Trace a published number to its definition, model, deliveries with their files, agreements, release.

    Names and hashes of files are for who runs Milepost; readers have the table `indicator_sources`.

    Example: milepost explain chronic_absence --year 2025

    Example: milepost explain chronic_absence --year 2025 --disaggregate gender --subgroup female --json
    """
    from ingestion.home import Home
    from ingestion.spill import working_database
    from publishing.explaining import explain as explained

    home = Home.from_environment()
    with working_database(home) as con:
        found = explained(
            con,
            home,
            release,
            indicator,
            community_id=community,
            definition_version=definition,
            school_year=year,
            collection=collection,
            geography_level=level or _level_of(place),
            geography_id=place,
            disaggregate=disaggregate,
            subgroup=subgroup,
        )
    if as_json:
        print_json(found)
    else:
        _print(found)


def _level_of(place: str | None) -> str | None:
    """`partner:number` is a school; of other places the level has to be said where it is no community."""
    return "school" if place and ":" in place else None


def _print(found: dict[str, Any]) -> None:
    value, definition, of_release = found["value"], found["definition"], found["release"]
    number = (
        f"{100 * value['value']:.1f} %" if value["value"] is not None else f"hidden ({value['suppression']})"
    )
    if value["value_kind"] == "band":
        number = f"from {100 * value['value_low']:.0f} to {100 * value['value_high']:.0f} %"
    who = f"{value['geography_level']} {value['geography_id']}, {value['disaggregate']}: {value['subgroup']}"
    out.print(
        f"{definition.get('title')}: {number} of {value['denominator'] or 'a hidden number of'} children"
    )
    out.print(
        f"  {value['school_year']} {value['collection']} ({value['data_maturity']}), {who}", markup=False
    )
    out.print(
        f"Release {of_release['release_id']} of {of_release['created_at']} UTC,"
        f" data as of {of_release['data_as_of']}"
    )
    out.print(f"Definition {value['definition_version']}: {definition.get('parameters')}", markup=False)
    out.print(f"  {definition.get('citation')}", markup=False)
    out.print(f"Model {found['model']}", markup=False)
    period = value["school_year"], value["collection"]
    own = [one for one in found["deliveries"] if (one["school_year"], one["collection"]) == period]
    rows = [
        (
            one["extract_id"],
            one["load_id"],
            one["sha256"][:8],
            one["agreement_id"],
            f"{one['received_at']:%Y-%m-%d}",
        )
        for one in own
    ]
    columns = ["extract", "load id", "sha-256", "agreement", "received"]
    print_table(f"Deliveries of {period[0]} {period[1]}", columns, rows, plain=True)
    if others := len(found["deliveries"]) - len(own):
        err.print(
            f"{others} deliveries of other years and collections may have a part in it: --json lists them."
        )


def access(
    as_json: bool = JSON,
    limit: int = typer.Option(30, help="How many of the last lines are shown; --json gives all.", min=1),
) -> None:
    """Who released, exported, purged or asked what, the last first: commands, releases and rows, no values.

    Example: milepost access --limit 10
    """
    from ingestion.home import Home
    from publishing.access_log import read_accesses

    found = read_accesses(Home.from_environment())[::-1]
    if as_json:
        print_json(found)
        return
    if not found:
        err.print("Nothing was released or exported yet.")
        return
    named = ("at", "user", "command", "release", "rows")
    rows = [
        (
            *(line.get(name) for name in named),
            ", ".join(f"{k} {v}" for k, v in line.items() if k not in named),
        )
        for line in found[:limit]
    ]
    print_table("Accesses", [*named, "what"], rows, plain=True)
