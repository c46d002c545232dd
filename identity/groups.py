"""Who is the same child for sure: shared state ids, partners' own merges, and what reviewers decided."""

from __future__ import annotations

import duckdb

from ingestion.mapping.state_ids import MOST_STUDENTS, is_placeholder

MERGES = 20  # of records merged into merged ones; a circle ends too
MOST_ROUNDS = 50  # of decisions that follow one from another


def make_groups(con: duckdb.DuckDBPyConnection) -> None:
    """Make tables grouped (member_id, group_id, seed, state_student_id, n_state_ids, method) and apart.

    grouped has a row per child of a partner, apart the groups told apart. From tables account, student,
    vault.member and decision. A student whose state id stands in any account has it for all years. Where
    accounts disagree, the latest school year decides, then the annual collection, then how often an id was
    sent, and at last its order: never the order of arrival. A student whose record the partner merged into
    another's (`replaced_by_student_id`) is that other, over as many as MERGES steps. `seed` is the text that
    a group's person_id is derived from. A `different` of two children of one group takes the second one out
    of it, `same` joins two groups.
    """
    for statement in (_MEMBERS, _MERGED, _STATE_IDS, _GROUPED):
        con.execute(statement)
    _take_apart(con)
    _join_decided(con)
    con.execute(_APART)


_MEMBERS = """
    create or replace temp table known as
    select member_id, partner_id, student_id from vault.member
    union
    select member_id, partner_id, student_id from student
"""

# numbers that a partner's newest account of them calls merged, each with the one that is left
_MERGED = f"""
    create or replace temp table merged as
    with recursive called as (
        -- few partners ever merge anybody, and then a few: the rest is not looked at
        select distinct member_id from account where replaced_by_student_id is not null
    ),
    told as (
        select partner_id, student_id, extract_id,
               max_by(coalesce(replaced_by_student_id, ''),
                      (school_year * 2 + (collection = 'annual')::integer, collection)) as other_id
        from account semi join called using (member_id)
        group by all
    ),
    replaced as (
        select partner_id, student_id, max(other_id) as other_id
        from told
        where other_id not in ('', student_id)
        group by all
    ),
    steps as (
        select partner_id, student_id, other_id, 1 as step
        from replaced
        union all
        select steps.partner_id, steps.student_id, replaced.other_id, step + 1
        from steps inner join replaced
            on steps.partner_id = replaced.partner_id and steps.other_id = replaced.student_id
        where step < {MERGES}
    )
    select partner_id, student_id, max_by(other_id, step) as known_as
    from steps
    group by all
"""

_STATE_IDS = f"""
    create or replace temp table state_ids as
    with told as (
        select partner_id, coalesce(known_as, student_id) as student_id,
               trim(state_student_id) as state_student_id, school_year,
               max((collection = 'annual')::integer) as is_annual, sum(n_rows) as n_rows
        from account left join merged using (partner_id, student_id)
        where trim(state_student_id) <> ''
        group by all
    ),
    refused as (
        select state_student_id
        from told
        group by partner_id, school_year, state_student_id
        having count(*) > {MOST_STUDENTS} or {is_placeholder("state_student_id")}
    ),
    ids as (
        select partner_id, student_id,
               case when state_student_id not in (from refused) then state_student_id end as usable_id,
               max(school_year * 2 + is_annual) as recency, sum(n_rows) as n_rows
        from told
        group by all
    )
    select partner_id, student_id,
           arg_max(usable_id, (recency, n_rows, usable_id)) as state_student_id,
           count(usable_id) as n_state_ids
    from ids
    group by partner_id, student_id
"""

_GROUPED = """
    create or replace temp table grouped as
    select
        known.member_id,
        known.partner_id,
        known.student_id,
        case
            when state_student_id is not null then 'state|' || state_student_id
            else 'partner|' || known.partner_id || '|' || coalesce(known_as, known.student_id)
        end as seed,
        md5_number_lower(seed) as group_id,
        state_student_id,
        coalesce(n_state_ids, 0) as n_state_ids,
        case
            when state_student_id is not null then 'state_id'
            when n_state_ids is not null then 'state_id_refused'
            else 'partner_id'
        end as method
    from known
    left join merged using (partner_id, student_id)
    left join state_ids
        on known.partner_id = state_ids.partner_id
        and coalesce(known_as, known.student_id) = state_ids.student_id
"""


def _take_apart(con: duckdb.DuckDBPyConnection) -> None:
    """Whom a reviewer told apart from another of its group stands by itself, whatever state ids say."""
    con.execute("""
        update grouped set
            seed = 'apart|' || partner_id || '|' || student_id,
            group_id = md5_number_lower('apart|' || partner_id || '|' || student_id),
            method = 'decided'
        where member_id in (
            select later.member_id
            from decided
            inner join grouped as earlier on decided.member_l = earlier.member_id
            inner join grouped as later on decided.member_r = later.member_id
            where decision = 'different' and earlier.group_id = later.group_id
        )
    """)


def _join_decided(con: duckdb.DuckDBPyConnection) -> None:
    """Groups that reviewers called the same child get the lowest number of them all; decisions are few."""
    con.execute("""
        create or replace temp table called_same as
        select l.group_id as group_l, r.group_id as group_r
        from decided
        inner join grouped as l on decided.member_l = l.member_id
        inner join grouped as r on decided.member_r = r.member_id
        where decision = 'same' and l.group_id <> r.group_id
    """)
    if not con.execute("select 1 from called_same limit 1").fetchone():
        return
    con.execute("""
        create or replace temp table joined as
        with recursive edges as (
            from called_same union select group_r, group_l from called_same
        ),
        reached as (
            select group_l as start, group_l as group_id from edges
            union
            select reached.start, edges.group_r
            from reached inner join edges on reached.group_id = edges.group_l
        ),
        -- a group with a state id gives the person its number, as it would alone
        ranked as (
            select reached.start, reached.group_id, min(seed) as seed,
                   bool_or(method = 'state_id') as has_state_id
            from reached inner join grouped using (group_id)
            group by all
        )
        select start as group_id, min_by(group_id, (not has_state_id, seed)) as joined_id,
               min_by(seed, (not has_state_id, seed)) as joined_seed
        from ranked
        group by start
    """)
    con.execute("""
        update grouped set group_id = joined_id, seed = joined_seed,
            method = case when method = 'state_id' then method else 'decided' end
        from joined where grouped.group_id = joined.group_id
    """)


# groups that a reviewer told apart: no chain of links may join them
_APART = """
    create or replace temp table apart as
    select distinct least(l.group_id, r.group_id) as group_l, greatest(l.group_id, r.group_id) as group_r
    from decided
    inner join grouped as l on decided.member_l = l.member_id
    inner join grouped as r on decided.member_r = r.member_id
    where decision = 'different' and l.group_id <> r.group_id
"""
