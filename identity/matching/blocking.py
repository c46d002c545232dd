"""Which pairs are looked at: records that share a key, never those of a key that very many records have.

A key is a hash of what two records of one child have in common even where one of the fields is wrong. A
key of more than `most_groups` different persons (10,000 records called Baby Boy, names that a partner hides
behind one sign) is dropped, so the number of pairs grows with the number of records, not with its square;
each rule has others beside it that still tell such records apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from identity.matching.normalising import NORMALISED

if TYPE_CHECKING:
    import duckdb

CANDIDATES = "matching_candidate"
FEW = 25  # of a loose key: it reaches further in a small community and is dropped in a large one


@dataclass(frozen=True)
class Rule:
    """A kind of key: SQL of its parts, null in any of which means no key; a list of names makes several keys.

    `refines` is the rule before it that has fewer of the same parts: who shares this key shares that one.
    """

    name: str
    parts: tuple[str, ...]
    most_groups: int = 60
    refines: str = ""


_NAMES = ("least({0}, {1})", "greatest({0}, {1})")  # the same when first and last change places
_ANY_FIRST, _ANY_LAST = "formal_name", "surname"
_INITIALS = tuple(part.format("left(first_name, 1)", "left(last_name, 1)") for part in _NAMES)
_BOTH_NAMES = tuple(part.format(_ANY_FIRST, _ANY_LAST) for part in _NAMES)
BOTH_NAMES = "both names"

RULES = (
    Rule("birthday and surname", ("birth_key", _ANY_LAST)),
    Rule("birthday and first name", ("birth_key", _ANY_FIRST)),
    Rule("birthday and initials", ("birth_key", *_INITIALS)),
    Rule(BOTH_NAMES, _BOTH_NAMES),
    Rule("both names and year", (*_BOTH_NAMES, "year(birth_date)"), refines=BOTH_NAMES),
    Rule("both names and day", (*_BOTH_NAMES, "birth_key % 10000"), refines=BOTH_NAMES),
    Rule("both names and ZIP code", (*_BOTH_NAMES, "zip_code"), refines=BOTH_NAMES),
    Rule("both names and middle initial", (*_BOTH_NAMES, "middle_initial"), refines=BOTH_NAMES),
    Rule("sounds of both names", tuple(part.format("first_sound", "last_sound") for part in _NAMES)),
    Rule("address and initial", ("address", "left(first_name, 1)")),
    Rule("birthday and ZIP code", ("birth_key", "zip_code")),
    Rule("birthday", ("birth_key",), FEW),
    Rule("address", ("address",), FEW),
    Rule("birth year and ZIP code", ("year(birth_date)", "zip_code"), FEW),
    Rule("surname and initial", (_ANY_LAST, "left(first_name, 1)"), FEW),
    Rule("first name and initial", (_ANY_FIRST, "left(last_name, 1)"), FEW),
    Rule("surname and ZIP code", (_ANY_LAST, "zip_code"), FEW),
    Rule("first name and ZIP code", (_ANY_FIRST, "zip_code"), FEW),
    Rule("ZIP code", ("zip_code",), FEW),
)


def find_candidates(
    con: duckdb.DuckDBPyConnection, new: str | None = None, *, within_partners: bool = False
) -> None:
    """Make table `matching_candidate` (match_key, join_key_l, join_key_r; l < r, each pair once).

    Pairs of one group or of two state ids are left out, and those of one partner unless `within_partners`:
    a roster tells its children apart. With `new`, a table or view with record_id, each pair has one of its
    records.
    """
    con.execute(f"create or replace table {CANDIDATES}_found (join_key_l ubigint, join_key_r ubigint)")
    if new:
        con.execute(
            f"create or replace table {CANDIDATES}_new as"
            f" select record.* from {NORMALISED} as record semi join {new} using (record_id)"
        )
    for rule in RULES:
        if new and rule.name == BOTH_NAMES:
            _keep_base(con, rule)
        _add_pairs(con, rule, with_new=bool(new), within_partners=within_partners)
    con.execute(
        f"create or replace table {CANDIDATES} as"
        f" select distinct '0' as match_key, join_key_l, join_key_r from {CANDIDATES}_found"
    )
    of_new = [f"{CANDIDATES}_new", f"{CANDIDATES}_base"] if new else []
    for table in (f"{CANDIDATES}_found", f"{CANDIDATES}_key", *of_new):
        con.execute(f"drop table {table}")


def _keys(rule: Rule, source: str) -> str:
    """SQL of the keys of a rule: (key, record_id, partner, group_id, state_id)."""
    parts = ", ".join(rule.parts)
    several = [f"unnest({names}) as {name}" for name, names in _lists(rule)]
    if several:
        source = f"(select *, {', '.join(several)} from {source})"
    # two lists unnested side by side pair up their items, so the second is taken apart in a query of its own
    if len(several) == 2:
        inner = source.replace(f", {several[1]}", "")
        source = f"(select *, {several[1]} from {inner})"
    known = " and ".join(f"{part} is not null" for part in rule.parts)
    return f"select hash({parts}) as key, record_id, partner, group_id, state_id from {source} where {known}"


def _lists(rule: Rule) -> list[tuple[str, str]]:
    """The lists of names that a rule has a key for each of, by the name of one."""
    lists = ((_ANY_FIRST, "given_names"), (_ANY_LAST, "last_names"))
    return [(name, names) for name, names in lists if name in ", ".join(rule.parts)]


def _drop_frequent(con: duckdb.DuckDBPyConnection, rule: Rule) -> str:
    """SQL that leaves of keys those of new records that may be of few enough groups.

    Of a loose key very many records have the same, and few keys are left: so many groups fall on more than
    `most_groups` of 64 places, and nobody has to tell them apart.
    """
    con.execute(f"""
        create or replace table {CANDIDATES}_new_key as
        select key from ({_keys(rule, NORMALISED)}) semi join {CANDIDATES}_new_key using (key)
        group by key
        having bit_count(bit_or(1::ubigint << (group_id % 64))) <= {rule.most_groups}
    """)
    return f" semi join {CANDIDATES}_new_key using (key)"


def _keep_base(con: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Table matching_candidate_base: the records that share a key with a new one, for finer rules."""
    con.execute(f"""
        create or replace table {CANDIDATES}_base as
        from {NORMALISED} semi join (
            select record_id from ({_keys(rule, NORMALISED)})
            semi join ({_keys(rule, f"{CANDIDATES}_new")}) as new using (key)
        ) using (record_id)
    """)


def _add_pairs(con: duckdb.DuckDBPyConnection, rule: Rule, *, with_new: bool, within_partners: bool) -> None:
    apart = "" if within_partners else " and l.partner <> r.partner"
    if with_new:
        con.execute(f"create or replace table {CANDIDATES}_new_key as {_keys(rule, f'{CANDIDATES}_new')}")
        some = f" semi join {CANDIDATES}_new_key using (key)"
        source = f"{CANDIDATES}_base" if BOTH_NAMES in (rule.name, rule.refines) else NORMALISED
    else:
        some, source = "", NORMALISED
    if with_new and rule.most_groups == FEW and not _lists(rule):
        some = _drop_frequent(con, rule)
    # several keys of a record may be equal; few are left to tell apart where only new ones matter
    different = "distinct " if _lists(rule) else ""
    con.execute(f"""
        create or replace table {CANDIDATES}_key as
        with keys as ({_keys(rule, source)}),
        of_some as (select {different}* from keys{some}),
        usable as (
            select key from of_some group by key
            having count(*) > 1 and count(distinct group_id) between 2 and {rule.most_groups}
        )
        from of_some semi join usable using (key)
    """)
    left = (
        f"(from {CANDIDATES}_key semi join {CANDIDATES}_new using (record_id))"
        if with_new
        else f"{CANDIDATES}_key"
    )
    order = "l.record_id <> r.record_id" if with_new else "l.record_id < r.record_id"
    con.execute(f"""
        insert into {CANDIDATES}_found
        select least(l.record_id, r.record_id), greatest(l.record_id, r.record_id)
        from {left} as l inner join {CANDIDATES}_key as r using (key)
        where {order} and l.group_id <> r.group_id{apart}
            and (l.state_id is null or r.state_id is null or l.state_id = r.state_id)
    """)
    if with_new:
        con.execute(f"drop table {CANDIDATES}_new_key")
