"""One mapped delivery judged: its period, then the gate with what it compares with; nothing is written."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from expectations.gate import GateResult, gate
from expectations.hints import with_hints
from expectations.history import find_history
from expectations.known_codes import known_codes
from ingestion.configuration.community import Communities
from ingestion.contracts.contract import Contract
from ingestion.contracts.file_names import YEAR_FORMS
from ingestion.errors import DeliveryError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.ledger import Ledger, LoadState
from ingestion.mapping.mapping import MappedTable


def judge(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    mapped: MappedTable,
    contract: Contract,
) -> GateResult:
    """The verdict on the rows of one school year and collection; `con` has the gate's tables afterwards."""
    community = communities.community_of(delivery.extract_id)
    assert delivery.school_year is not None
    try:
        history = find_history(con, home, delivery, communities.contracts)
        codes = known_codes(community, contract, delivery.school_year)
        judged = gate(con, mapped, contract, history, known_codes=codes)
        least = community.disclosure.minimum_denominator
        return replace(judged, results=with_hints(con, mapped, contract, judged.results, codes, least))
    except duckdb.Error as error:
        raise machine_fault(delivery, "judged", error) from None


def machine_fault(delivery: Delivery, what: str, error: BaseException) -> DeliveryError:
    """What the machine did: nothing is wrong with the file as far as is known; only the kind is told."""
    return DeliveryError(
        f"{delivery.extract_id} {delivery.period} could not be {what} ({type(error).__name__})",
        where=delivery.file_name,
        rule="What was in force before still is",
        next_step="See to free memory and disk space, then load it again",
    )


def period_problem(
    con: duckdb.DuckDBPyConnection, communities: Communities, delivery: Delivery, mapped: MappedTable
) -> DeliveryError | None:
    """A file that carries its own years may carry one that the community does not take."""
    community = communities.community_of(delivery.extract_id)
    rule = ""
    if delivery.school_year is None and _has_unread_years(con, mapped):
        what, rule = "the school year of no row can be read", f"It is written {YEAR_FORMS}"
        step = "Correct the column, or turn it into such a form with `school_year: {sql: ...}`"
    elif delivery.school_year is None:
        what, step = "no row says which school year it tells of", "Fill in the column of the school year"
    elif delivery.school_year not in community.school_years:
        what = f"the school year {delivery.school_year} is outside the community's range"
        rule = f"{community.name} takes {community.school_years.first} to {community.school_years.last}"
        step = "Leave out the rows of other years, or widen school_years in community.yml"
    elif delivery.collection not in community.collections:
        what = f"unknown collection '{delivery.collection}'"
        rule = f"Known are {', '.join(community.collections)}"
        step = "Correct the column of the collection, or add it to collections in community.yml"
    else:
        return None
    return DeliveryError(what, where=delivery.file_name, rule=rule, next_step=step)


def told_already(
    home: Home, communities: Communities, delivery: Delivery, is_empty: bool = False
) -> DeliveryError | None:
    """The partner's same period is in force in another form, whose rows would be counted beside these.

    That is the same table of a standard in another layout, or the entity that a standard's table becomes. A
    delivery without rows (`is_empty`) has none to count, nor does one in force without rows stand in the way.
    """
    contract = communities.contracts[delivery.extract_id]
    if not delivery.school_year or not delivery.collection:
        return None
    for other in communities.contracts.values():
        if other.partner != contract.partner or not other.canonical.counts_twice_beside(contract.canonical):
            continue
        is_same_table = other.entity == contract.entity
        if other.layout == contract.layout if is_same_table else is_empty:
            continue
        held = Ledger(home.ledger).in_force(other.extract_id, delivery.school_year, delivery.collection)
        if held and (held.rows or is_same_table):
            return _told_by(held, contract, other, delivery)
    return None


def _told_by(held: LoadState, contract: Contract, other: Contract, delivery: Delivery) -> DeliveryError:
    step = f"If this file is to count, take out the other: milepost withdraw {held.load_id}"
    if other.entity == contract.entity:
        return DeliveryError(
            f"{delivery.period} is in force already from the layout {other.layout}",
            where=delivery.file_name,
            rule="A school year is told in one layout of a standard, or its rows would count twice",
            next_step=step,
        )
    spared = next((one for one in (contract, other) if one.member and not one.is_required), None)
    if spared:
        step += f". If both are to count, leave {spared.entity} out of the archive"
    return DeliveryError(
        f"what {contract.entity} tells of {delivery.period} is in force already from {other.extract_id}",
        where=delivery.file_name,
        rule="A partner tells of a period in one extract or in one standard, or its rows would count twice",
        next_step=step,
    )


def _has_unread_years(con: duckdb.DuckDBPyConnection, mapped: MappedTable) -> bool:
    flag = mapped.unparsed.get("school_year")
    return bool(flag and con.execute(f"select 1 from {mapped.table} where {flag} limit 1").fetchall())
