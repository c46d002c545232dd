"""The registry: which person_id a child has, and keeps. Clusters come and go with data; ids do not."""

from __future__ import annotations

import duckdb

# 60 bits in 12 characters: DuckDB compares and joins texts of up to 12 without following a pointer
DERIVED = "lower(to_base(('0x' || left(sha256($key || '|' || {text}), 15))::bigint, 32, 12))"
MOST_ATTEMPTS = 20


def assign_persons(con: duckdb.DuckDBPyConnection, key: str) -> None:
    """Make tables assigned (a row per child of a partner, with its person_id) and joined_person.

    From grouped, clustered (group_id, cluster_id) and vault.member. A person stays with the cluster that has
    most of its children's records; where several persons turn out one child, the one known longest gives the
    id, and `joined_person` (former_person_id, person_id) tells of the others. A new child's id is derived
    from `seed` with the deployment's `key`, so the same inputs give the same ids.
    """
    for statement in (_PLACED, _KEEPERS, _SURVIVORS, _JOINED):
        con.execute(statement)
    con.execute(_NEW.format(derived=DERIVED.format(text="seed")), {"key": key})
    for attempt in range(1, MOST_ATTEMPTS + 1):
        # a child that was told apart from another cannot have the id that they shared
        con.execute(_TAKEN)
        if not con.execute("select 1 from taken limit 1").fetchone():
            break
        text = f"'{attempt}|' || seed"
        con.execute(
            f"update new_person set person_id = {DERIVED.format(text=text)} "
            "where cluster_id in (select cluster_id from taken)",
            {"key": key},
        )
    con.execute(_ASSIGNED)


_PLACED = """
    create or replace temp table placed as
    select
        grouped.member_id, grouped.partner_id, grouped.student_id, grouped.group_id, grouped.seed,
        grouped.method,
        coalesce(clustered.cluster_id, grouped.group_id) as cluster_id,
        member.person_id as former_person_id,
        member.since
    from grouped
    left join clustered using (group_id)
    left join vault.member as member using (member_id)
"""

_KEEPERS = """
    create or replace temp table keeper as
    select
        former_person_id as person_id,
        -- who was taken out of a group leaves the id to the others
        min_by(cluster_id, (-n_members, starts_with(first_seed, 'apart|'), first_seed, cluster_id))
            as cluster_id,
        min(since) as since
    from (
        select former_person_id, cluster_id, count(*) as n_members, min(seed) as first_seed,
               min(since) as since
        from placed
        where former_person_id is not null
        group by former_person_id, cluster_id
    )
    group by former_person_id
"""

_SURVIVORS = """
    create or replace temp table survivor as
    select cluster_id, min_by(person_id, (since, person_id)) as person_id
    from keeper
    group by cluster_id
"""

_JOINED = """
    create or replace temp table joined_person as
    select keeper.person_id as former_person_id, survivor.person_id, keeper.cluster_id
    from keeper inner join survivor using (cluster_id)
    where keeper.person_id <> survivor.person_id
"""

_NEW = """
    create or replace temp table new_person as
    select cluster_id, seed, {derived} as person_id
    from (
        select cluster_id, min_by(seed, (not starts_with(seed, 'state|'), seed)) as seed
        from placed anti join survivor using (cluster_id)
        group by cluster_id
    )
"""

_TAKEN = """
    create or replace temp table taken as
    select cluster_id from new_person semi join survivor using (person_id)
    union all
    select cluster_id from new_person qualify row_number() over (partition by person_id order by seed) > 1
"""

_ASSIGNED = """
    create or replace temp table assigned as
    with several as (
        select cluster_id from placed group by all having count(distinct group_id) > 1
    )
    select
        placed.member_id, placed.partner_id, placed.student_id,
        coalesce(survivor.person_id, new_person.person_id) as person_id,
        case
            when placed.method in ('partner_id', 'state_id_refused')
                and several.cluster_id is not null then 'linked'
            else placed.method
        end as method,
        placed.former_person_id,
        placed.group_id,
        placed.cluster_id
    from placed
    left join survivor using (cluster_id)
    left join new_person using (cluster_id)
    left join several using (cluster_id)
"""


def keep_persons(con: duckdb.DuckDBPyConnection, now: str) -> None:
    """Write what `assign_persons` found; the caller holds the transaction, `now` is a timestamp."""
    moment = {"now": now}
    con.execute(_KEEP_CHANGES, moment)
    con.execute("""
        update vault.member set person_id = assigned.person_id, method = assigned.method
        from assigned
        where member.member_id = assigned.member_id
            and (member.person_id <> assigned.person_id or member.method <> assigned.method)
    """)
    con.execute(
        "insert into vault.member by name "
        "select member_id, partner_id, student_id, person_id, method, $now::timestamp as since "
        "from assigned anti join vault.member using (member_id)",
        moment,
    )
    # who got an id back is no alias any more; who was known as one that is joined now is known as the next
    con.execute("delete from vault.alias where former_person_id in (select person_id from assigned)")
    con.execute(
        "update vault.alias set person_id = joined_person.person_id from joined_person "
        "where alias.person_id = joined_person.former_person_id"
    )
    con.execute(
        "insert into vault.alias select former_person_id, person_id, $now::timestamp from joined_person "
        "where former_person_id not in (select former_person_id from vault.alias)",
        moment,
    )


# a join is explained by what the two persons have in common now, a split by who said so
_KEEP_CHANGES = """
    insert into vault.change
    with moved as (
        select former_person_id, person_id, cluster_id, group_id, method
        from assigned
        where former_person_id is not null and former_person_id <> person_id
    ),
    explained as (
        select
            moved.person_id,
            moved.former_person_id as other_person_id,
            case when joined_person.former_person_id is null then 'split' else 'joined' end as kind,
            case
                when bool_or(exists (
                    from assigned as one
                    where one.former_person_id = moved.former_person_id and one.method = 'decided'
                )) then 'a reviewer decided'
                when joined_person.former_person_id is null then 'what joined them is no longer told'
                when bool_or(exists (
                    from assigned as other
                    where other.group_id = moved.group_id and other.former_person_id = moved.person_id
                )) then 'a shared state id, or the partner merged its records'
                else 'linked by name, birth date and what else is known'
            end as cause
        from moved
        left join joined_person
            on moved.former_person_id = joined_person.former_person_id
            and moved.person_id = joined_person.person_id
        group by moved.person_id, moved.former_person_id, joined_person.former_person_id
    )
    select person_id, other_person_id, kind, cause, $now::timestamp as changed_at from explained
"""
