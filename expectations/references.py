"""References between the tables of one bundle: which rows name a row that no other table of it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import duckdb

from expectations.quarantine import ACCEPTED
from ingestion.contracts.contract import Contract
from ingestion.contracts.entities import load_entities
from ingestion.lake.delivery import Delivery
from ingestion.mapping.mapping import MappedTable
from ingestion.sql_text import identifier, literal


def references_of(contract: Contract) -> dict[str, str]:
    """Column -> the entity whose key its values are."""
    facts = load_entities()[contract.entity].columns
    return {name: entity for name in contract.columns if (entity := facts[name].references)}


def referenced_first(deliveries: Sequence[Delivery], contracts: Mapping[str, Contract]) -> list[Delivery]:
    """The same deliveries, each after those that its rows refer to; those of a circle as they stand."""
    waiting, ordered = [*deliveries], list[Delivery]()
    while waiting:
        missing = {delivery.entity for delivery in waiting}
        ready = [
            d
            for d in waiting
            if not missing & {*references_of(contracts[d.extract_id]).values()} - {d.entity}
        ]
        taken = ready or waiting
        ordered += taken
        waiting = [delivery for delivery in waiting if delivery not in taken]
    return ordered


def keep_keys(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    keys: dict[str, str],
    unchanged: Sequence[Path] = (),
) -> None:
    """Remember the keys of the rows just accepted, for the tables that refer to them.

    Of a delivery of changes, those in the files that are in force are there too (`unchanged`).
    """
    entity = load_entities()[contract.entity]
    if contract.bundle is None or len(entity.key) != 1 or entity.entity not in _referred_to():
        return
    table, key = f"keys_of_{entity.entity}", identifier(entity.key[0])
    found = f"select {key} as key from {ACCEPTED}"
    if unchanged:
        found += f" union select {key} from read_parquet({literal([str(file) for file in unchanged])})"
    if entity.entity in keys:
        con.execute(f"insert into {table} select distinct key from ({found})")
    else:
        con.execute(f"create or replace table {table} as select distinct key from ({found})")
        keys[entity.entity] = table


@cache
def _referred_to() -> frozenset[str]:
    """The entities whose keys some column of another, or of itself, has."""
    columns = (column for entity in load_entities().values() for column in entity.columns.values())
    return frozenset(column.references for column in columns if column.references)


def with_references(
    con: duckdb.DuckDBPyConnection, mapped: MappedTable, contract: Contract, keys: Mapping[str, str]
) -> MappedTable:
    """The mapped table with a hidden column per reference, true where what it names is not there.

    A table that the delivery has not is not looked into; a reference to the table itself is, to all rows of
    it that were read.
    """
    own, key = contract.entity, load_entities()[contract.entity].key[0]
    itself = f"(select {identifier(key)} as key from {mapped.table})"
    tables = {**keys, own: itself}
    looked_up = {name: tables[to] for name, to in references_of(contract).items() if to in tables}
    if not looked_up:
        return mapped
    dangling = {name: f"{name}__dangling" for name in looked_up}
    # nearly always nothing dangles, and a column of one value costs nothing; to write the table anew costs as
    # much as the mapping did
    for name, table in looked_up.items():
        flag, column = identifier(dangling[name]), identifier(name)
        con.execute(f"alter table {mapped.table} add column {flag} boolean default false")
        con.execute(
            f"update {mapped.table} set {flag} = true where {column} is not null"
            f" and {column} not in (select key from {table} where key is not null)"
        )
    return replace(mapped, dangling=dangling)
