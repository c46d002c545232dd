"""Who is the same child for sure: shared state ids, partners' own merges, and what reviewers decided."""

from __future__ import annotations

import duckdb

from identity.contradicted import leave_out_decided, take_contradicted
from identity.decisions import DecisionError
from ingestion.state_ids import is_nobodys

MERGES = 20  # of records merged into merged ones; a circle ends too


def make_groups(con: duckdb.DuckDBPyConnection) -> None:
    """Make tables grouped (member_id, group_id, seed, state_student_id, n_state_ids, method) and apart.

    grouped has a row per child of a partner that a file in force speaks of, or that a reviewer decided on;
    apart the groups told apart. From tables account, present, vault.member and decided. A student whose state
    id stands in any account has it for all years. Where accounts disagree, the latest school year decides,
    then the annual collection, then how often an id was sent, and at last its order: never the order of
    arrival. A student whose record the partner merged into another's (`replaced_by_student_id`) is that
    other, over as many as MERGES steps. `seed` is the text that a group's person_id is derived from.
    A state id that others tell of another child by links nobody: see take_contradicted, which makes table
    contradicted. Decisions go before state ids: see _follow_decisions.
    """
    for statement in (_MEMBERS, _MERGED, _STATE_IDS, _GROUPED):
        con.execute(statement)
    take_contradicted(con)
    _follow_decisions(con)
    con.execute(_APART)


_MEMBERS = """
    create or replace temp table known as
    select member_id, partner_id, student_id from present
    union all
    -- of one that is not told of now, the decisions that join others still hold
    select member_id, partner_id, student_id
    from vault.member
    semi join (
        select member_l as member_id from decided union all select member_r from decided
    ) as decided_on using (member_id)
    anti join present using (member_id)
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
        select coalesce(community_id, '') as community_id, partner_id,
               coalesce(known_as, student_id) as student_id, trim(state_student_id) as state_student_id,
               school_year, max((collection = 'annual')::integer) as is_annual, count(*) as n_rows
        from account left join merged using (partner_id, student_id)
        where trim(state_student_id) <> ''
        group by all
    ),
    refused as (
        select community_id, state_student_id
        from told
        group by community_id, partner_id, school_year, state_student_id
        having {is_nobodys("state_student_id", "count(*)")}
    ),
    ids as (
        select partner_id, student_id,
               -- of its community: two states count alike, and communities share nothing that says who is who
               case when (community_id, state_student_id) not in (from refused)
                   then community_id || '|' || state_student_id end as usable_id,
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


def _follow_decisions(con: duckdb.DuckDBPyConnection) -> None:
    """Join what reviewers called the same, and take apart what they called different, whatever state ids say.

    `same` is of children, and `different` undoes shared state ids alone: of two told apart in one group, the
    one leaves that fewer children were called the same as, else the one named second, and with it all that
    were called the same as it and what its partner merged with it. Only groups with a decided child are read.
    DecisionError where only decisions and a partner's merges hold two told apart together.
    """
    if not con.execute("select 1 from decided limit 1").fetchone():
        return
    con.execute(_CONCERNED)
    con.execute(_COMPONENTS)
    con.execute("create or replace temp table taken_out (component ubigint)")
    while True:
        con.execute(_DECIDED_GROUPS)
        _join_same(con)
        clash = con.execute(_CLASH).fetchone()
        if clash is None:
            break
        leaves, is_one = clash
        if is_one:
            raise DecisionError(
                "A decision calls two children different that a partner merged, or other decisions join",
                rule="what a partner calls one child cannot be two",
                next_step="See `milepost identity decisions`, and decide the pair that is wrong once more",
            )
        con.execute("insert into taken_out values (?)", [leaves])
    con.execute("""
        update grouped set seed = now.seed, group_id = now.group_id, method = now.method
        from decided_group as now
        where grouped.member_id = now.member_id and (grouped.group_id, grouped.method)
            is distinct from (now.group_id, now.method)
    """)
    leave_out_decided(con)


# all of groups with a decided child; a unit is a child of a partner and what the partner merged with it
_CONCERNED = """
    create or replace temp table concerned as
    select grouped.*,
           md5_number_lower(grouped.partner_id || '|' || coalesce(known_as, grouped.student_id)) as unit
    from grouped
    semi join (
        select group_id from grouped
        semi join (select member_l as member_id from decided union select member_r from decided)
            using (member_id)
    ) as with_decisions using (group_id)
    left join merged on grouped.partner_id = merged.partner_id and grouped.student_id = merged.student_id
"""

# what decisions call the same, one from the other
_COMPONENTS = """
    create or replace temp table component as
    with recursive edges as (
        select l.unit as a, r.unit as b
        from decided
        inner join concerned as l on decided.member_l = l.member_id
        inner join concerned as r on decided.member_r = r.member_id
        where decision = 'same'
    ),
    reached as (
        select distinct unit as start, unit from concerned
        union
        select reached.start, edge.b
        from reached inner join (from edges union select b, a from edges) as edge on reached.unit = edge.a
    )
    select start as unit, min(unit) as component from reached group by start
"""

_DECIDED_GROUPS = """
    create or replace temp table decided_group as
    with alone as (
        select component, min('apart|' || partner_id || '|' || student_id) as apart_seed
        from concerned inner join component using (unit) semi join taken_out using (component)
        group by component
    )
    select concerned.* replace (
               coalesce(apart_seed, seed) as seed,
               coalesce(md5_number_lower(apart_seed), group_id) as group_id,
               if(apart_seed is null, method, 'decided') as method
           ),
           component.component, count(*) over (partition by component.component) as n_called_same
    from concerned inner join component using (unit) left join alone using (component)
"""

_CLASH = """
    select
        case
            when l.n_called_same <> r.n_called_same
                then if(l.n_called_same < r.n_called_same, l.component, r.component)
            else if(decided.named_first = l.member_id, r.component, l.component)
        end as leaves,
        l.component = r.component as is_one
    from decided
    inner join decided_group as l on decided.member_l = l.member_id
    inner join decided_group as r on decided.member_r = r.member_id
    where decision = 'different' and l.group_id = r.group_id
    order by decided_at, place
    limit 1
"""


def _join_same(con: duckdb.DuckDBPyConnection) -> None:
    """Groups with children called the same are the one with a state id, else the one of the least seed."""
    con.execute("""
        create or replace temp table called_same as
        select l.group_id as group_l, r.group_id as group_r
        from decided
        inner join decided_group as l on decided.member_l = l.member_id
        inner join decided_group as r on decided.member_r = r.member_id
        where decision = 'same' and l.group_id <> r.group_id
    """)
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
            from reached inner join decided_group using (group_id)
            group by all
        )
        select start as group_id, min_by(group_id, (not has_state_id, seed)) as joined_id,
               min_by(seed, (not has_state_id, seed)) as joined_seed
        from ranked
        group by start
    """)
    con.execute("""
        update decided_group set group_id = joined_id, seed = joined_seed,
            method = case when method = 'state_id' then method else 'decided' end
        from joined where decided_group.group_id = joined.group_id
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
