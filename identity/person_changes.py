"""What becomes of persons: which were found to be one, or two, and what is the cause of it."""

from __future__ import annotations

import duckdb


def keep_changes(con: duckdb.DuckDBPyConnection, now: str) -> None:
    """Add a row to vault.change for each person that children moved to, and each they came from.

    From what `assign_persons` and `make_groups` found, before the vault's members are as they found it. The
    caller holds the transaction, `now` is a timestamp.
    """
    for statement in (_MOVED, _JOINS, _SPLITS):
        con.execute(statement)
    con.execute(
        "insert into vault.change "
        "select person_id, other_person_id, kind, cause, $now::timestamp as changed_at from person_join "
        "union all by name "
        "select person_id, other_person_id, kind, cause, $now::timestamp as changed_at from person_split",
        {"now": now},
    )


_MOVED = """
    create or replace temp table moved as
    select assigned.*, joined_person.former_person_id is not null as is_joined
    from assigned
    left join joined_person
        on assigned.former_person_id = joined_person.former_person_id
        and assigned.person_id = joined_person.person_id
    where assigned.former_person_id <> assigned.person_id
"""

# by what a child that came has in common with one that was there; a group has few children
_JOINS = """
    create or replace temp table person_join as
    with told as (
        select assigned.member_id, assigned.partner_id, assigned.group_id, assigned.former_person_id,
               state_student_id, coalesce(known_as, assigned.student_id) as known_as
        from (from assigned semi join (from moved where is_joined) as moved using (group_id)) as assigned
        inner join grouped using (member_id)
        left join merged
            on assigned.partner_id = merged.partner_id and assigned.student_id = merged.student_id
    ),
    pairs as (
        select
            moved.person_id,
            moved.former_person_id,
            came.partner_id = there.partner_id and came.known_as = there.known_as as is_merged,
            came.state_student_id = there.state_student_id as is_of_state,
            decided.member_l is not null as is_decided
        from moved
        inner join told as came using (member_id)
        inner join told as there
            on came.group_id = there.group_id and moved.person_id = there.former_person_id
        left join (from decided where decision = 'same') as decided
            on least(came.member_id, there.member_id) = decided.member_l
            and greatest(came.member_id, there.member_id) = decided.member_r
        where moved.is_joined
    ),
    causes as (
        select
            person_id, former_person_id,
            case
                when bool_or(is_decided) then 'a reviewer decided'
                when bool_or(is_merged) then 'the partner merged its records'
                when bool_or(is_of_state) then 'a shared state id'
                -- what else makes a group is a chain of decisions
                else 'a reviewer decided'
            end as cause
        from pairs
        group by all
    )
    select distinct
        person_id, former_person_id as other_person_id, 'joined' as kind,
        coalesce(cause, 'linked by name, birth date and what else is known') as cause
    from (from moved where is_joined) as moved
    left join causes using (person_id, former_person_id)
"""

# a `different` between two that were one person until now is new, or it would have parted them before
_SPLITS = """
    create or replace temp table person_split as
    with parted as (
        select one.former_person_id, one.person_id, other.person_id as other_person_id
        from decided
        inner join assigned as one on decided.member_l = one.member_id
        inner join assigned as other on decided.member_r = other.member_id
        where decided.decision = 'different' and one.former_person_id = other.former_person_id
            and one.person_id <> other.person_id
    ),
    decided_on as (
        select former_person_id, person_id from parted
        union
        select former_person_id, other_person_id from parted
    ),
    has_withdrawn as (
        select distinct person_id as former_person_id
        from vault.member semi join withdrawn using (member_id)
    )
    select distinct
        moved.person_id, moved.former_person_id as other_person_id, 'split' as kind,
        case
            when decided_on.person_id is not null then 'a reviewer decided'
            when has_withdrawn.former_person_id is not null
                then 'the file that joined them is no longer in force'
            else 'what joined them is no longer told, or fits another child as well'
        end as cause
    from (from moved where not is_joined) as moved
    left join decided_on using (former_person_id, person_id)
    left join has_withdrawn using (former_person_id)
"""
