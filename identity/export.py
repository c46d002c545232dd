"""What leaves the vault: links, changes and counts, without a name, a birth date or an address."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from identity.address_keys import make_address_keys, rules_of_homes
from identity.community_settings import community_settings
from identity.feedback_lists import write_lists
from identity.matches import REVIEW_FROM
from identity.person_key import person_key
from ingestion.home import Home
from ingestion.sql_text import literal


@dataclass(frozen=True)
class LinkCounts:
    """How children of partners (`students`) were linked into `persons`.

    Conflicts are students whose accounts name more than one state id; refused are state ids that are none
    (ingestion/state_ids.py), contradicted those by which another partner tells of another child, reissued
    partners' numbers that became another child's; `linked` students share no id with anybody and were found
    by names, birth date and what else is known; `to_review` are pairs that a person should look at.
    """

    students: int
    persons: int
    by_state_id: int
    by_partner_id: int
    linked: int
    conflicting_state_ids: int
    refused_state_ids: int
    contradicted_state_ids: int
    reissued_numbers: int
    to_review: int


COUNTS = """
    select
        count(*) as students,
        count(distinct person_id) as persons,
        count(*) filter (method = 'state_id') as by_state_id,
        count(*) filter (
            method in ('partner_id', 'state_id_refused', 'state_id_contradicted', 'apart')
        ) as by_partner_id,
        count(*) filter (method in ('linked', 'decided')) as linked,
        (select count(*) from vault.grouped where n_state_ids > 1) as conflicting_state_ids,
        count(*) filter (method = 'state_id_refused') as refused_state_ids,
        (select count(distinct member_id) from contradicted) as contradicted_state_ids,
        (select count(distinct (partner_id, student_id)) from reissued) as reissued_numbers,
        (select count(*) from link where status = 'to_review') as to_review
    from person_link
"""

_PERSON_LINKS = """
    create or replace temp table person_link as
    select partner_id, student_id, person_id, method
    from vault.member semi join {concerned} using (member_id)
"""

# the best pair of accounts of two groups speaks for them; evidence is levels of fields, never what they say
_LINKS = """
    create or replace temp table link as
    with pairs as ({pairs}),
    placed as (
        select record_id, community_id, member.person_id, record.group_id, record.partner_id
        from vault.record
        semi join (select record_l as record_id from pairs union all select record_r from pairs) as paired
            using (record_id)
        inner join vault.member using (member_id)
    ),
    best as (
        select
            l.community_id,
            l.person_id as person_id_l, r.person_id as person_id_r,
            l.partner_id as partner_id_l, r.partner_id as partner_id_r,
            pairs.match_weight, pairs.match_probability, pairs.levels, pairs.model_version,
            pairs.record_l, pairs.record_r,
            least(l.group_id, r.group_id) as group_l, greatest(l.group_id, r.group_id) as group_r
        from pairs
        inner join placed as l on pairs.record_l = l.record_id
        inner join placed as r on pairs.record_r = r.record_id
        where l.group_id <> r.group_id
        qualify row_number() over (
            partition by group_l, group_r order by match_weight desc, record_l, record_r
        ) = 1
    ),
    rosters as (
        select person_id, list(distinct partner_id) as partners
        from vault.member semi join vault.grouped using (member_id)
        semi join (select person_id_l as person_id from best union all select person_id_r from best) as linked
            using (person_id)
        group by person_id
    ),
    -- who was told apart from one of a person's children is told apart from the person
    of_apart as (
        select group_id, person_id
        from vault.grouped inner join vault.member using (member_id)
        where group_id in (select group_l from apart union all select group_r from apart)
    ),
    told_apart as (
        select distinct least(l.person_id, r.person_id) as one, greatest(l.person_id, r.person_id) as other
        from apart
        inner join of_apart as l on apart.group_l = l.group_id
        inner join of_apart as r on apart.group_r = r.group_id
    )
    select
        best.* exclude (levels),
        case
            when person_id_l = person_id_r then 'accepted'
            when told_apart.one is not null then 'decided_different'
            -- a partner's roster tells its children apart, so nobody has to
            when list_has_any(l.partners, r.partners) then 'two_of_a_partner'
            when match_probability >= $lowest then 'to_review'
            else 'not_linked'
        end as status,
        list_aggregate(
            list_transform(list_sort(map_keys(levels)), lambda field: field || ': ' || levels[field]),
            'string_agg', '; '
        ) as evidence
    from best
    left join told_apart
        on least(person_id_l, person_id_r) = told_apart.one
        and greatest(person_id_l, person_id_r) = told_apart.other
    inner join rosters as l on best.person_id_l = l.person_id
    inner join rosters as r on best.person_id_r = r.person_id
"""
_CONCERNED_RECORDS = """
    create or replace temp table concerned_record as
    select record_id from vault.record semi join concerned using (member_id)
"""
_PAIRS_OF_CONCERNED = """
    from vault.pair semi join concerned_record on record_l = record_id
    union all
    from (from vault.pair anti join concerned_record on record_l = record_id)
    semi join concerned_record on record_r = record_id
"""


def export(con: duckdb.DuckDBPyConnection, home: Home, *, only_news: bool = False) -> LinkCounts:
    """Write the tables of identity/ and what partners are told, and count.

    With `only_news`, links and keys of children who are not concerned are taken from the files of before.
    """
    con.execute(_CONCERNED_RECORDS)
    con.execute(_PERSON_LINKS.format(concerned="concerned" if only_news else "vault.grouped"))
    con.execute(
        _LINKS.format(pairs=_PAIRS_OF_CONCERNED if only_news else "from vault.pair"), {"lowest": REVIEW_FROM}
    )
    make_address_keys(con, person_key(home), only_news=only_news)
    if only_news:
        _add_kept(con, home)
    # ordered, so that equal links are equal bytes
    _write(
        con,
        home.person_links,
        "select partner_id, student_id, person_id, method from person_link order by all",
    )
    _write(con, home.identity / "links.parquet", f"select {_LINK} from link order by all")
    _write(con, home.identity / "match_rates.parquet", "from vault.match_rate order by all")
    _write(con, home.address_keys, "from address_key order by all")
    _write(con, home.identity / "person_changes.parquet", "select * from vault.change order by all")
    write_lists(con, home)
    cursor = con.execute(COUNTS)
    names = [column[0] for column in cursor.description]
    (row,) = cursor.fetchall()
    counts = LinkCounts(**dict(zip(names, map(int, row), strict=True)))
    draft = _stamp(home).with_suffix(".draft")
    draft.write_text(json.dumps({"counts": vars(counts), "made_of": _made_of(con, home)}) + "\n")
    draft.replace(_stamp(home))
    return counts


_LINK = (
    "community_id, person_id_l, person_id_r, partner_id_l, partner_id_r, status, match_weight, "
    "match_probability, evidence, model_version"
)


def _add_kept(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Put before the rows worked out anew those of others, as they were written at the last time.

    They are in order there, which makes putting all in order quick.
    """
    of = "(select partner_id, student_id from vault.member semi join {} using (member_id)) as others"
    kept = {
        "person_link": f"from {literal(str(home.person_links))} "
        f"anti join {of.format('left_or_concerned')} using (partner_id, student_id)",
        "link": f"select {_LINK} from {literal(str(home.identity / 'links.parquet'))} "
        "where person_id_l not in (from changed_person) and person_id_r not in (from changed_person)",
        "address_key": f"from {literal(str(home.address_keys))} "
        f"anti join {of.format('rekeyed')} using (partner_id, student_id)",
    }
    con.execute("""
        create or replace temp view left_or_concerned as
        select member_id from concerned union all select member_id from changed_member
    """)
    for table, before in kept.items():
        columns = _LINK if table == "link" else "*"
        con.execute(
            f"create or replace temp table all_of_them as {before} union all by name "
            f"select {columns} from {table}"
        )
        con.execute(f"drop table {table}")
        con.execute(f"alter table all_of_them rename to {table}")


def exported_is_of(con: duckdb.DuckDBPyConnection, home: Home) -> bool:
    """Whether what lies in identity/ is of the vault as it stands, so that nothing has to be written.

    It is not where another release wrote it and counted other things.
    """
    others = (
        home.identity / f"{name}.parquet"
        for name in ("links", "match_rates", "address_keys", "person_changes")
    )
    try:
        kept = json.loads(_stamp(home).read_text())
        LinkCounts(**kept["counts"])
        is_there = all(file.exists() for file in (home.person_links, *others))
        return is_there and kept["made_of"] == _made_of(con, home)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def read_counts(home: Home) -> LinkCounts:
    """The counts of the last export, which `exported_is_of` found to be there."""
    return LinkCounts(**json.loads(_stamp(home).read_text())["counts"])


def _stamp(home: Home) -> Path:
    return home.identity / "linked.json"


def _made_of(con: duckdb.DuckDBPyConnection, home: Home) -> list[int | str]:
    """The vault's generation, decisions, secret and settings; after a kill in between, they differ."""
    row = con.execute(
        "select (select coalesce(max(number), 0) from vault.generation), "
        "(select count(*) from vault.decision)"
    ).fetchone()
    assert row is not None
    said = con.execute(f"from {community_settings(home)} order by all").fetchall()
    which = hashlib.sha256(f"stamp|{person_key(home)}|{said}|{rules_of_homes()}".encode()).hexdigest()[:8]
    return [int(row[0]), int(row[1]), which]


def _write(con: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    draft = path.with_suffix(".parquet.draft")
    con.execute(f"copy ({query}) to {literal(str(draft))} (format parquet, dictionary_size_limit 5000)")
    draft.replace(path)
