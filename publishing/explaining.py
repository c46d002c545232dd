"""Where a published number comes from: definition, model, deliveries with files, agreement, release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingestion.sql_text import literal
from ingestion.yaml_file import near_miss
from publishing.dbt_project import DBT_PROJECT
from publishing.release_changes import usable_release
from publishing.release_contents import ReleaseError

if TYPE_CHECKING:
    import duckdb

    from ingestion.home import Home

DELIVERY = (
    *("extract_id", "entity", "school_year", "collection", "load_id", "received_at", "file_name", "sha256"),
    "agreement_id",
)
DEFAULTS = {"collection": "annual", "geography_level": "community", "disaggregate": "all", "subgroup": "all"}


def explain(
    con: duckdb.DuckDBPyConnection, home: Home, release_id: str, indicator_id: str, **asked: str | int | None
) -> dict[str, Any]:
    """Everything behind one number; `asked` is any of community_id, definition_version, school_year,
    collection, geography_level, geography_id, disaggregate, subgroup.

    What is left open: the whole community, everyone, annual, the last year, the default version.
    ReleaseError, with the near miss, where the release has no such number.
    """
    entry = usable_release(home, release_id)
    folder = home.release_folder(entry["release_id"])
    if not folder.exists():
        raise ReleaseError(
            f"{entry['release_id']} is kept no longer", next_step="`milepost releases` says which are"
        )
    tables = {name: f"read_parquet({literal(str(folder / f'{name}.parquet'))})" for name in _TABLES}
    value = _value(con, tables, {"indicator_id": indicator_id, **asked})
    of = _where({name: value[name] for name in ("indicator_id", "definition_version")})
    about = _rows(
        con,
        "select title, unit, better, owner, parameters, citation, caveats, required_entities "
        f"from {tables['indicators']} {of}",
    )
    return {
        "release": {name: entry[name] for name in ("release_id", "created_at", "data_as_of", "notes")},
        "value": value,
        "definition": about[0] if about else {},
        "model": _model(indicator_id),
        "deliveries": _deliveries(con, home, tables, entry["release_id"], value),
    }


_TABLES = ("indicator_values", "indicators", "indicator_sources")


def _value(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, str], asked: Mapping[str, Any]
) -> dict[str, Any]:
    """The one row that is asked for, narrowed column by column: a wrong name is told by its column."""
    values = tables["indicator_values"]
    chosen: dict[str, Any] = {}
    for column in _ORDER:
        wanted = asked.get(column)
        found = con.execute(
            f"select distinct {column} from {values} {_where(chosen)} order by all"
        ).fetchall()
        known = [row[0] for row in found]
        if wanted is None:
            wanted = _default(con, tables, column, known, chosen)
        if wanted not in known:
            raise ReleaseError(
                f"there is no number with {column} {wanted}" + _of(chosen),
                next_step=near_miss(str(wanted), map(str, known)),
            )
        chosen[column] = wanted
    return _rows(con, f"select * exclude (release_id) from {values} {_where(chosen)}")[0]


# the indicator first, so that what is not known of it is told as that
_ORDER = (
    *("indicator_id", "community_id", "definition_version", "collection", "school_year", "geography_level"),
    *("geography_id", "disaggregate", "subgroup"),
)


def _default(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, str],
    column: str,
    known: Sequence[Any],
    chosen: Mapping[str, Any],
) -> Any:
    if column == "definition_version":
        rows = con.execute(
            f"select definition_version from {tables['indicators']} "
            f"where indicator_id = {literal(chosen['indicator_id'])} and is_default"
        ).fetchall()
        return next((row[0] for row in rows if row[0] in known), known[0])
    if column == "school_year":
        return known[-1]
    if column == "subgroup" and chosen["disaggregate"] != "all" and len(known) > 1:
        raise ReleaseError(
            f"{chosen['disaggregate']} has several subgroups",
            next_step=f"Name one with --subgroup: {', '.join(known)}",
        )
    if column in ("community_id", "geography_id") and len(known) > 1:
        raise ReleaseError(
            f"several numbers are of that kind, which differ in {column}",
            next_step=f"Name one with --{column.removesuffix('_id').replace('geography', 'place')}",
        )
    wanted = DEFAULTS.get(column)
    return wanted if wanted in known else known[0]


def _where(chosen: Mapping[str, Any]) -> str:
    conditions = " and ".join(f"{name} = {literal(value)}" for name, value in chosen.items())
    return f"where {conditions}" if chosen else ""


def _of(chosen: Mapping[str, Any]) -> str:
    return f" of {', '.join(str(value) for value in chosen.values())}" if chosen else " in this release"


def _model(indicator_id: str) -> str:
    """The model's file, below the dbt project; empty where this version has none of that name."""
    found = sorted((DBT_PROJECT / "models").glob(f"**/{indicator_id}.sql"))
    return found[0].relative_to(DBT_PROJECT.parent).as_posix() if found else ""


def _deliveries(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    tables: Mapping[str, str],
    release_id: str,
    value: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The deliveries in force behind it, those of its own school year first."""
    kept = home.released_folder(release_id) / "deliveries.parquet"
    if not kept.exists():
        return []
    of = _where({name: value[name] for name in ("indicator_id", "community_id")})
    return _rows(
        con,
        f"select {', '.join(DELIVERY)}, "
        f"coalesce(school_year = {value['school_year']}, false) as is_of_the_year "
        f"from {literal(str(kept))} where community_id = {literal(value['community_id'])} "
        f"and entity in (select entity from {tables['indicator_sources']} {of}) "
        "order by is_of_the_year desc, entity, extract_id, school_year desc, collection",
    )


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    result = con.execute(sql)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
