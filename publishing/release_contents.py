"""What a release holds: the promise in _published.yml, and the check that nothing else gets in."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contracts.entities import load_entities
from ingestion.errors import MilepostError
from ingestion.yaml_nodes import plain

PROMISE = Path("models/published/_published.yml")
DATABASE = "release.duckdb"
MANIFEST = "manifest.json"
PACKAGE = "datapackage.json"
# differ between two releases of the same content
RELEASE_COLUMNS = ("release_id", "created_at")
RELEASE_TABLES = ("releases", "restatements")
# tables whose rows give the key they share with others a title
TITLES = ("indicators", "subgroups", "geographies", "school_years")
# the words of a public source, not ours; years that nothing was published of; rows of what is gone
OF_OTHERS = {
    *(("area_values", "subgroups"), ("load_quality", "school_years"), ("indicator_sources", "school_years")),
    *(("restatements", name) for name in TITLES),
}


class ReleaseError(MilepostError):
    """The release was refused; the current one stays in force."""


@dataclass(frozen=True)
class PromisedTable:
    """One table of a release as _published.yml states it; `columns` is name -> (SQL type, description).

    `checks` are the conditions in SQL that its rows must not break, `required` the columns never NULL.
    """

    name: str
    description: str
    columns: Mapping[str, tuple[str, str]]
    key: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


def load_promise(dbt_project: Path) -> dict[str, PromisedTable]:
    """Table name -> what readers are promised; a model is known to readers by its alias, where it has one."""
    path = dbt_project / PROMISE
    return _read_promise(path, path.stat().st_mtime_ns)


@cache
def _read_promise(path: Path, _modified: int) -> dict[str, PromisedTable]:
    tables = (_promised_table(model) for model in plain(path)["models"])
    return {table.name: table for table in tables}


def _promised_table(model: Any) -> PromisedTable:
    columns = {
        column["name"]: (column["data_type"].upper(), column["description"].strip())
        for column in model["columns"]
    }
    rules = [(column["name"], rule) for column in model["columns"] for rule in column.get("constraints", [])]
    return PromisedTable(
        name=model["name"].removeprefix("published_"),
        description=model["description"].strip(),
        columns=columns,
        key=_key(model),
        required=tuple(name for name, rule in rules if rule["type"] == "not_null"),
        checks=tuple(rule["expression"] for _, rule in rules if rule["type"] == "check"),
    )


def _key(model: Any) -> tuple[str, ...]:
    """The columns of the first test of uniqueness."""
    for test in model.get("data_tests", []):
        if "unique_combination" in test:
            return tuple(test["unique_combination"]["arguments"]["columns"])
    alone = [column["name"] for column in model["columns"] if "unique" in column.get("data_tests", [])]
    return tuple(alone[:1])


def references(promise: Mapping[str, PromisedTable]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Table -> table referred to -> the columns of its key, which have the same names in both."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for table in promise.values():
        wanted = [promise[name] for name in TITLES if name in promise and name != table.name]
        found[table.name] = {
            to.name: to.key
            for to in wanted
            if {*to.key} <= table.columns.keys() and (table.name, to.name) not in OF_OTHERS
        }
    return found


def direct_identifiers() -> set[str]:
    """Columns that say who a child is, by the canonical entities; none may ever be published."""
    entities = load_entities().values()
    named = {name for entity in entities for name, column in entity.columns.items() if column.pii == "direct"}
    return named | {"person_id"}


def refuse_unpromised(con: duckdb.DuckDBPyConnection, promise: Mapping[str, PromisedTable]) -> None:
    """ReleaseError unless schema published of `warehouse` is exactly what is promised, and names no child."""
    rows = con.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'warehouse' and schema_name = 'published' order by table_name, column_index"
    ).fetchall()
    built: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        built.setdefault(table, {})[column] = data_type
    promised = {name: {c: kind for c, (kind, _) in table.columns.items()} for name, table in promise.items()}
    problems = [
        *(f"table {table} is not promised" for table in built.keys() - promised.keys()),
        *(f"table {table} is missing" for table in promised.keys() - built.keys()),
        *(
            problem
            for t in built.keys() & promised.keys()
            for problem in _differences(t, built[t], promised[t])
        ),
        *(
            f"column {table}.{column} is a direct identifier"
            for table, columns in {**promised, **built}.items()
            for column in columns.keys() & direct_identifiers()
        ),
    ]
    if problems:
        raise ReleaseError.of(
            ReleaseError(
                problem,
                where="schema published",
                rule=f"a release holds the tables and columns of {PROMISE.name} and no identifier",
                next_step="Correct the model, or build published again",
            )
            for problem in sorted(problems)
        )


def _differences(table: str, built: Mapping[str, str], promised: Mapping[str, str]) -> list[str]:
    return [
        *(f"column {table}.{column} is not promised" for column in built.keys() - promised.keys()),
        *(f"column {table}.{column} is missing" for column in promised.keys() - built.keys()),
        *(
            f"column {table}.{column} is {built[column]}, promised is {promised[column]}"
            for column in built.keys() & promised.keys()
            if built[column] != promised[column]
        ),
    ]


def content_hash(con: duckdb.DuckDBPyConnection, promise: Mapping[str, PromisedTable]) -> str:
    """One hash of rows (in any order), columns and descriptions, blind to the release's number and time."""
    digest = hashlib.sha256()
    for name, table in sorted(promise.items()):
        digest.update(repr((name, table.description, sorted(table.columns.items()))).encode())
        if name in RELEASE_TABLES:
            continue
        columns = ", ".join(column for column in table.columns if column not in RELEASE_COLUMNS)
        # sums of two hashes of each row: as good as sorting the rows, without the sort
        sums = con.execute(
            f"select count(*), sum(hash({columns})::hugeint), sum(hash('again', {columns})::hugeint) "
            f"from warehouse.published.{name}"
        ).fetchone()
        digest.update(repr(sums).encode())
    return digest.hexdigest()
