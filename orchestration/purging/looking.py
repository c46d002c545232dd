"""What a purge would remove, and what is still there to be removed; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingestion.home import Home
from ingestion.lake.ledger import Ledger
from ingestion.traces import Sought
from orchestration.purging import inventory as inventories
from orchestration.purging.subjects import PurgeError, Subject

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ingestion.withheld import Withheld
    from orchestration.purging.inventory import Inventory
    from orchestration.purging.receipts import Receipt


def of_person(home: Home, person_id: str) -> Subject | None:
    """The subject of a purge of a person, by its id now or a former one; None where it was purged before.

    PurgeError for an id that nobody has.
    """
    from identity.purging import begun_person, is_retired, person_now
    from identity.vault import open_vault

    with open_vault(home, read_only=True) as con:
        now = person_now(con, person_id)
        if now is None and is_retired(con, person_id):
            now = begun_person(con, person_id)  # the purge was killed after the vault forgot the child
            if now is None:
                return None
        if now is None:
            # no near miss: it is another child, and what is purged does not come back
            raise PurgeError(
                f"unknown person '{person_id}'",
                rule="a person is named by its person_id",
                next_step="`milepost identity explain PARTNER:NUMBER` tells whose number it is",
            )
    return Subject("person", now, "one child", "it told of a child who was purged", person_id=now)


def look(home: Home, subject: Subject) -> Inventory:
    """What a purge would remove; nothing is written."""
    from identity.vault import open_vault

    if not home.vault.exists():
        return inventories.of_deliveries(home, subject, Sought())
    with open_vault(home, read_only=True) as con:
        return look_in_vault(home, subject, con)


def look_in_vault(home: Home, subject: Subject, con: DuckDBPyConnection) -> Inventory:
    from identity.purging import count_chosen

    sought = choose(home, subject, con)
    if subject.person_id:
        found = inventories.of_person(home, _would_be_withheld(home, con, subject.person_id), sought)
    else:
        found = inventories.of_deliveries(home, subject, sought)
    found.vault = count_chosen(con)
    return found


def choose(home: Home, subject: Subject, con: DuckDBPyConnection) -> Sought:
    """Make gone_member of a subject, and say what would tell of it."""
    from identity.purging import (
        choose_children_of,
        choose_person,
        numbers_of_chosen,
        sought_of_chosen,
    )

    if subject.person_id:
        choose_person(con, subject.person_id)
        return sought_of_chosen(con)
    states = Ledger(home.ledger).state()
    gone = {*subject.load_ids}
    partners = {state.delivery.partner for state in states if state.load_id in gone}
    choose_children_of(con, partners, _still_told_of(home, gone, partners))
    return numbers_of_chosen(con)


def _still_told_of(home: Home, gone: set[str], partners: set[str]) -> Iterator[tuple[str, str, str]]:
    """Files of these partners' children in the lake, but those of deliveries that go."""
    from ingestion.contracts.entities import load_entities
    from ingestion.lake.redaction import files_of_lake

    by_id = {state.load_id: state.delivery for state in Ledger(home.ledger).state()}
    for place, path, load_id in files_of_lake(home):
        delivery = by_id.get(load_id)
        if place == "quarantine" or delivery is None or load_id in gone or delivery.partner not in partners:
            continue
        if column := load_entities()[delivery.entity].child_column:
            yield str(path), delivery.partner, column


def _would_be_withheld(home: Home, con: DuckDBPyConnection, person_id: str) -> Withheld:
    """A list with one person alone, kept nowhere; its hashes are those of the home's list."""
    from identity.opt_outs import make_withheld, numbers_of, withhold

    alone = make_withheld(home).kept_nowhere(children=False)
    withhold(alone, numbers_of(con, person_id), "purged", "")
    return alone


def still_there(home: Home, subject: Subject, receipt: Receipt) -> Inventory:
    """What is there to be removed, also after a kill: by then the vault may know nothing any more."""
    from identity.opt_outs import open_withheld
    from identity.purging import begun
    from identity.vault import open_vault

    sought = Sought()
    if home.vault.exists():
        with open_vault(home) as con:
            sought = begun(con, receipt.purge_id)
    if not subject.person_id:
        return inventories.of_deliveries(home, subject, sought)
    withheld = open_withheld(home)
    assert withheld is not None
    return inventories.of_person(home, withheld, sought)
