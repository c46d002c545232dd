"""Who is left out of everything: numbers put on the list, and the secret of their hashes.

The secret is sealed with the vault's key and not derived from it, so that the key can be changed and the
hashes stay: nobody could make them anew, for the numbers are kept nowhere.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import secrets
from collections.abc import Iterable

import duckdb

from identity.decisions import Member
from ingestion.home import Home
from ingestion.key_files import write_key
from ingestion.state_ids import is_nobodys
from ingestion.vault_key import BadKey, Key, keys_of_a_reader, vault_key
from ingestion.withheld import NOBODYS, STATE_ID, STUDENT, Entry, Kind, Withheld

SEALED, PROOF = b"milepost: opt-outs, sealed|", b"milepost: opt-outs, the right secret"
Numbers = list[tuple[str, str, str]]  # STUDENT, partner, number; STATE_ID, community, number


def open_withheld(home: Home) -> Withheld | None:
    """The list of a home; None where nobody is on one. BadKey where its secret does not open.

    The list is there for loads too, which do not wait for the vault: its file is opened by one process alone.
    """
    if not home.opt_outs.exists():
        return None
    return Withheld(home.opt_outs, _opened(home, keys_of_a_reader(home)))


def make_withheld(home: Home) -> Withheld:
    """The list of a home to add to; its secret, and the vault's key, are made on first use."""
    if found := open_withheld(home):
        return found
    if home.opt_outs_key.exists():
        secret = _opened(home, keys_of_a_reader(home))
    else:
        secret = secrets.token_bytes(32)
        _write(home, [_seal(secret, vault_key(home, may_make=True))])
    return Withheld(home.opt_outs, secret)


def seal_for_both(home: Home, old: Key, fresh: Key) -> None:
    """Before the vault gets another key: either opens the list, wherever the change is cut short."""
    if home.opt_outs_key.exists():
        secret = _opened(home, [old])
        _write(home, [_seal(secret, old), _seal(secret, fresh)])


def seal_for_one(home: Home, fresh: Key) -> None:
    """After the vault has got another key: the one before opens the list no more."""
    if home.opt_outs_key.exists():
        _write(home, [_seal(_opened(home, [fresh]), fresh)])


def numbers_of(con: duckdb.DuckDBPyConnection, person_id: str) -> Numbers:
    """Every number that partners of an opened vault, and the state, gave to a person.

    A state id that is nobody's is left out, as it is where children are linked: a placeholder, and one that
    more than two students of a partner have in a year, unless all of them are this person.
    """
    members = con.execute(
        "select partner_id, student_id from vault.member where person_id = ? order by all", [person_id]
    ).fetchall()
    state_ids = con.execute(_STATE_IDS, [person_id]).fetchall()
    return [(STUDENT, *member) for member in members] + [(STATE_ID, *told) for told in state_ids]


_STATE_IDS = f"""
    with told as (
        select coalesce(account.community_id, '') as community_id, account.partner_id, account.school_year,
            trim(account.state_student_id) as state_id, member.member_id, member.person_id
        from vault.account as account inner join vault.member as member using (member_id)
        where trim(account.state_student_id) <> ''
    ),
    years as (
        select community_id, state_id,
            if(count(distinct person_id) = 1, 1, count(distinct member_id)) as n_students
        from told
        semi join (select community_id, state_id from told where person_id = ?) as own
            using (community_id, state_id)
        group by community_id, state_id, partner_id, school_year
    )
    select community_id, state_id
    from years
    group by community_id, state_id
    having not bool_or({is_nobodys("state_id", "n_students")})
    order by all
"""


def numbers_known_with(con: duckdb.DuckDBPyConnection | None, member: Member) -> Numbers:
    """A number with all others of the same child, as far as an opened vault knows who it is."""
    own: Numbers = [(STUDENT, member.partner_id, member.student_id)]
    if con is None:
        return own
    row = con.execute(
        "select person_id from vault.member where partner_id = ? and student_id = ?",
        [member.partner_id, member.student_id],
    ).fetchone()
    return [*dict.fromkeys([*own, *(numbers_of(con, row[0]) if row else [])])]


def withhold(withheld: Withheld, numbers: Numbers, kind: Kind, community: str) -> int:
    """Put a child on the list by all its numbers; how many were not there."""
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    known = [entry.child for number in numbers if (entry := withheld.entry(*number))]
    child = known[0] if known else secrets.token_hex(8)
    return withheld.add(Entry(withheld.hash_of(*number), kind, child, community, at) for number in numbers)


def call_nobodys(withheld: Withheld, hashes: Iterable[str]) -> int:
    """By these state ids, as an error named them, nobody is found from now on; how many were not so before.

    Children who are on the list stay there by their numbers.
    """
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return withheld.add(Entry(one, NOBODYS, "", "", at) for one in {*hashes})


# ---- the secret ------------------------------------------------------------------------------------------
def _opened(home: Home, keys: Iterable[Key]) -> bytes:
    try:
        seals = json.loads(home.opt_outs_key.read_text())
    except (OSError, ValueError):
        seals = []
    tried = None
    for key in keys:
        tried = key
        for seal in seals:
            secret = _crossed(bytes.fromhex(seal["sealed"]), key, bytes.fromhex(seal["nonce"]))
            if hmac.compare_digest(hmac.digest(secret, PROOF, "sha256").hex(), seal["proof"]):
                return secret
    from_where = f"the key was taken from {tried.file or 'the environment'}" if tried else ""
    raise BadKey(
        "Who is to be left out cannot be told: the list of opt-outs does not open with this key",
        where=str(home.opt_outs_key),
        rule=f"nothing is loaded or built before it does; {from_where}",
        next_step="Give the vault's key, or restore the file from a backup. If both are gone, remove"
        f" {home.opt_outs.name} and {home.opt_outs_key.name} and list every opt-out again",
    )


def _seal(secret: bytes, key: Key) -> dict[str, str]:
    nonce = secrets.token_bytes(16)
    return {
        "nonce": nonce.hex(),
        "sealed": _crossed(secret, key, nonce).hex(),
        "proof": hmac.digest(secret, PROOF, "sha256").hex(),
    }


def _crossed(text: bytes, key: Key, nonce: bytes) -> bytes:
    """32 bytes, each with one that only the key and a nonce used once give; done again, it is undone."""
    pad = hmac.digest(key.text.encode(), SEALED + nonce, "sha256")
    return bytes(one ^ other for one, other in zip(text, pad, strict=True))


def _write(home: Home, seals: list[dict[str, str]]) -> None:
    home.identity.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_key(home.opt_outs_key, json.dumps(seals))
