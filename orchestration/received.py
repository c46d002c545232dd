"""What was received and what became of it, read from the ledger: for status, due dates and the next load."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.errors import ContractError, DeliveryError, MilepostError
from ingestion.home import Home
from orchestration.due import Period
from orchestration.settings import load_configuration

if TYPE_CHECKING:
    from ingestion.lake.ledger import LoadState
    from ingestion.lake.ledger_state import Slot
    from ingestion.landing.receive import Delivery

# the roster comes before what is compared with it: the gate asks which children it knows
ROSTER_FIRST = ("school", "person", "enrollment")
MOST_CHARACTERS = 16
# once may have been the machine's fault; twice in a row is the file's
MOST_CRASHES = 2


def states(home: Home) -> list[LoadState]:
    """Where every delivery stands, in the order they were received."""
    from ingestion.lake.ledger import Ledger

    return Ledger(home.ledger).state()


def receive_files(
    home: Home,
    files: Iterable[Path],
    extract: str | None = None,
    school_year: int | None = None,
    collection: str | None = None,
    same_content: bool = False,
    reopen: Collection[Path] = (),
) -> tuple[list[Delivery], list[MilepostError]]:
    """Receive each file; the deliveries in the order to load them, and one error per file not taken in.

    What was withdrawn stays so, except in the files of `reopen`, which a person named to have them in force.
    An error in the configuration is raised: it would be the same for every file.
    """
    from ingestion.landing.receive import receive

    communities = load_configuration()
    deliveries: dict[str, Delivery] = {}
    refused: list[MilepostError] = []
    for file in files:
        try:
            found = receive(
                home,
                communities,
                file,
                extract=extract,
                school_year=school_year,
                collection=collection,
                allow_same_content=same_content,
                reopen=file in reopen,
            )
        except ContractError:
            raise
        except MilepostError as error:
            refused.append(error)
        else:
            deliveries.update({delivery.load_id: delivery for delivery in found})
    return in_load_order(deliveries.values()), refused


def waiting_deliveries(home: Home, received: Collection[Delivery], everything: bool) -> list[Delivery]:
    """Of these deliveries those that were never loaded; with `everything`, all such of the home."""
    among = {delivery.load_id for delivery in received}
    waiting = _without_parts(
        state.delivery
        for state in states(home)
        if state.status == "received" and (everything or state.load_id in among)
    )
    current = in_load_order(under_todays_contracts(home, waiting))
    given_up = {delivery.load_id for delivery in given_up_deliveries(home)} if everything else set()
    return [delivery for delivery in current if delivery.load_id not in given_up]


def _without_parts(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Without the school years of a file that waits as a whole, as after a kill: it is split again."""
    every = [*deliveries]
    whole = {(d.sha256, d.extract_id, d.fingerprint) for d in every if d.period == "several"}
    return [d for d in every if d.period == "several" or (d.sha256, d.extract_id, d.fingerprint) not in whole]


def given_up_deliveries(home: Home) -> list[Delivery]:
    """Deliveries that wait, but over which the process ended each time: they are loaded only if named."""
    from ingestion.attempts import crashes

    often = {load_id for load_id, times in crashes(home).items() if times >= MOST_CRASHES}
    return [s.delivery for s in states(home) if s.status == "received" and s.load_id in often]


def suspects_last(home: Home, deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The same in their order, but those last over which a process ended: the others are loaded by then.

    What the gate would compare with such a delivery keeps its place behind it, so that a kill changes no
    verdict.
    """
    from ingestion.attempts import crashes
    from orchestration.side_by_side import look_at_each_other

    suspects = crashes(home)
    at_once: list[Delivery] = []
    later: list[Delivery] = []
    for delivery in deliveries:
        waits = any(look_at_each_other(delivery, other) for other in later)
        (later if waits or delivery.load_id in suspects else at_once).append(delivery)
    return [*at_once, *later]


def named_deliveries(home: Home, load_ids: Collection[str]) -> list[Delivery]:
    """The deliveries with these load ids."""
    wanted = set(load_ids)
    named = [state.delivery for state in states(home) if state.load_id in wanted]
    return under_todays_contracts(home, named)


def under_todays_contracts(home: Home, deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The same files under the contracts as worded now, each once; one of an unknown extract stays."""
    from ingestion.landing.receive import under_contract

    contracts = load_configuration().contracts
    current = [
        under_contract(home, contracts[delivery.extract_id], delivery)
        if delivery.extract_id in contracts
        else delivery
        for delivery in deliveries
    ]
    return list({delivery.load_id: delivery for delivery in current}.values())


def delivery_starting_with(home: Home, prefix: str) -> Delivery:
    """The one delivery whose load id begins so; DeliveryError if there is none, or more than one."""
    found = [state.delivery for state in states(home) if state.load_id.startswith(prefix.lower())]
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} deliveries have" if found else "No delivery has"
    what = f"{many} a load id that begins with {prefix[:MOST_CHARACTERS]!r}"
    raise DeliveryError(what, next_step="Copy one from `milepost status --list`")


def with_its_archive(home: Home, delivery: Delivery) -> list[Delivery]:
    """All that came into force together with a delivery: the tables of its archive, or it alone."""
    bundles = {extract: contract.bundle for extract, contract in load_configuration().contracts.items()}
    bundle = bundles.get(delivery.extract_id)
    if bundle is None:
        return [delivery]
    every = [state.delivery for state in states(home)]
    same = (delivery.sha256, delivery.school_year, delivery.collection, bundle)
    return [d for d in every if (d.sha256, d.school_year, d.collection, bundles.get(d.extract_id)) == same]


def latest_deliveries(home: Home, entity: str, partitions: Collection[str]) -> list[Delivery]:
    """The delivery received last for each partition: what a click on `materialize` loads again.

    Under today's wording of its contract, so that a click after an edit is judged by the edit.
    """
    latest = {
        state.delivery.partition: state.delivery
        for state in states(home)
        if state.delivery.entity == entity and state.status not in ("withdrawn", "outdated", "purged")
    }
    asked_for = [delivery for key, delivery in latest.items() if key in set(partitions)]
    return in_load_order(under_todays_contracts(home, asked_for))


def in_load_order(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Year by year, since the gate compares with the year before; the roster of a year before the rest."""

    def order(delivery: Delivery) -> tuple[int, bool, int, str]:
        rank = ROSTER_FIRST.index(delivery.entity) if delivery.entity in ROSTER_FIRST else len(ROSTER_FIRST)
        return delivery.school_year or 0, delivery.collection == "annual", rank, delivery.partition

    return sorted(deliveries, key=order)


def periods_in_force(home: Home) -> set[Period]:
    """Extract, school year and collection of everything in force."""
    return {
        (state.delivery.extract_id, state.delivery.school_year, state.delivery.collection)
        for state in states(home)
        if state.in_force and state.delivery.school_year and state.delivery.collection
    }


def periods_waiting(home: Home) -> set[Slot]:
    """The same of what was received and not loaded yet; None for years and collections inside the file."""
    return {state.slot for state in states(home) if state.status == "received"}


def settled_files(home: Home, files: Mapping[Path, str]) -> set[Path]:
    """Of files and their SHA-256, those that went through the gate, whatever it said.

    The same content under the name of another period has not: last year's file by mistake, or another year in
    which nothing happened.
    """
    if not files:
        return set()
    from ingestion.landing.refusals import period_of

    of_content: dict[str, list[LoadState]] = {}
    for state in states(home):
        of_content.setdefault(state.delivery.sha256, []).append(state)
    communities = load_configuration()
    settled = set()
    for path, sha256 in files.items():
        known = of_content.get(sha256, [])
        periods = [period_of(c, path, None, None) for c in communities.contracts_for(path.as_posix())]
        went_through = bool(known) and all(state.status != "received" for state in known)
        if went_through and all(any(period.is_of(state.delivery) for state in known) for period in periods):
            settled.add(path)
    return settled


def has_nothing_to_publish(home: Home) -> bool:
    """Whether nothing is in force and nothing ever was published.

    After a first release an empty one is news: that what was published was withdrawn.
    """
    from publishing.release_history import read_history

    return not read_history(home) and not any(state.in_force for state in states(home))


def is_behind(home: Home) -> bool:
    """Whether the release made last has not seen all of the ledger, or other agreements and opt-outs."""
    from orchestration.snapshots import is_kept_out, left_out_of, left_out_today

    if not home.ledger.exists() or has_nothing_to_publish(home):
        return False
    if not home.snapshot_is_published.exists() or not home.snapshot.ledger.exists():
        return True
    if home.ledger.stat().st_size > home.snapshot.ledger.stat().st_size:
        return True
    return not is_kept_out(home) or left_out_today(home).keys() != left_out_of(home.snapshot).keys()
