"""The registry: which person_id a child has, and keeps. Clusters come and go with data; ids do not."""

from __future__ import annotations

import duckdb

from identity.person_changes import keep_changes

# 60 bits in 12 characters: DuckDB compares and joins texts of up to 12 without following a pointer
DERIVED = "lower(to_base(('0x' || left(sha256($key || '|' || {text}), 15))::bigint, 32, 12))"
MOST_ATTEMPTS = 20


def assign_persons(con: duckdb.DuckDBPyConnection, key: str) -> None:
    """Make tables assigned (a row per child of `concerned`, with its person_id) and joined_person.

    From concerned, present, grouped, clustered (group_id, cluster_id), vault.member and vault.person; who is
    in force and not concerned keeps its person (interim.py). A person stays
    with the cluster that has most of its children's records; whom no file in force speaks of has no vote, and
    less than others who was not spoken of until now. Where several persons turn out one child, the one known
    longest gives the id, and `joined_person` (former_person_id, person_id) tells of the others. A new child's
    id is derived from `seed` with the deployment's `key`, so the same inputs give the same ids.
    """
    for statement in (_PLACED, _STAYED, _KEEPERS, _SURVIVORS, _JOINED):
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
    # an id that is given to some of its children anew is not joined to where the others went
    con.execute("delete from joined_person where former_person_id in (select person_id from new_person)")
    con.execute(_ASSIGNED)
    con.execute(_PERSONS_NOW)
    con.execute(_CHANGED_PERSONS)


_PLACED = """
    create or replace temp table placed as
    select
        grouped.member_id, grouped.partner_id, grouped.student_id, grouped.group_id, grouped.seed,
        grouped.method, grouped.n_state_ids,
        coalesce(clustered.cluster_id, grouped.group_id) as cluster_id,
        member.person_id as former_person_id, member.since as known_since
    from (from grouped semi join concerned using (member_id)) as grouped
    left join clustered using (group_id)
    left join vault.member as member using (member_id)
"""

# of persons that several clusters have a part of (few): who was spoken of before and is now
_STAYED = """
    create or replace temp table stayed as
    with parted as (
        select former_person_id from placed group by all having min(cluster_id) <> max(cluster_id)
    )
    select member_id
    from placed semi join parted using (former_person_id) semi join vault.mention using (member_id)
"""

_KEEPERS = """
    create or replace temp table keeper as
    select
        former_person_id as person_id,
        -- who was taken out of a group leaves the id to the others; of as many, who is known longer keeps it
        min_by(
            cluster_id,
            (-n_stayed, -n_members, starts_with(first_seed, 'apart|'), known_since, first_seed, cluster_id)
        ) as cluster_id
    from (
        select former_person_id, cluster_id, count(stayed.member_id) as n_stayed, count(*) as n_members,
               min(seed) as first_seed, min(known_since) as known_since
        from placed left join stayed using (member_id)
        where former_person_id is not null
        group by former_person_id, cluster_id
    )
    group by former_person_id
"""

_SURVIVORS = """
    create or replace temp table survivor as
    -- a person is as old as it is, whichever of its children are left
    select cluster_id, min_by(person_id, (person.since, person_id)) as person_id
    from keeper inner join vault.person as person using (person_id)
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
    select cluster_id from new_person semi join (
        from vault.member semi join present using (member_id) anti join concerned using (member_id)
    ) as others using (person_id)
    union all
    -- nor can anybody have the id of one who was purged
    select cluster_id from new_person semi join vault.retired using (person_id)
    union all
    select cluster_id from new_person qualify row_number() over (partition by person_id order by seed) > 1
"""

_ASSIGNED = """
    create or replace temp table assigned as
    with several as (
        select cluster_id from placed group by all having min(group_id) <> max(group_id)
    ),
    shared as (
        -- decided to be one; but who is taken out of a group takes along what its partner merged with it
        select group_id
        from placed semi join (from placed where method = 'decided') as decided_on using (group_id)
        group by all
        having count(*) > 1
            and (min(partner_id) <> max(partner_id) or not starts_with(min(seed), 'apart|'))
    )
    select
        placed.member_id, placed.partner_id, placed.student_id,
        coalesce(survivor.person_id, new_person.person_id) as person_id,
        case
            when placed.method = 'state_id' or shared.group_id is not null then placed.method
            when several.cluster_id is not null then 'linked'
            when placed.method <> 'decided' then placed.method
            -- decided, and nobody else is there: taken out, or called the same as one that is not told of now
            when starts_with(placed.seed, 'apart|' || placed.partner_id || '|') then 'apart'
            when placed.member_id in (select member_id from contradicted) then 'state_id_contradicted'
            when placed.n_state_ids > 0 then 'state_id_refused'
            else 'partner_id'
        end as method,
        placed.former_person_id,
        placed.group_id,
        placed.cluster_id
    from placed
    left join survivor using (cluster_id)
    left join new_person using (cluster_id)
    left join several using (cluster_id)
    left join shared using (group_id)
"""


# persons that are worked out anew, as they are called now and as they were until now
_CHANGED_PERSONS = """
    create or replace temp table changed_person as
    select person_id from assigned
    union
    select person_id from vault.member semi join (
        select member_id from concerned
        union all
        select member_id from vault.grouped anti join present using (member_id)
    ) as told using (member_id)
"""

# person_id of every child in force, before what was found is written
_PERSONS_NOW = """
    create or replace temp view person_now as
    select member_id, partner_id, person_id from assigned
    union all
    select member_id, partner_id, person_id
    from vault.member semi join present using (member_id) anti join concerned using (member_id)
"""


def keep_persons(con: duckdb.DuckDBPyConnection, now: str) -> None:
    """Write what `assign_persons` found; the caller holds the transaction, `now` is a timestamp."""
    moment = {"now": now}
    keep_changes(con, now)
    con.execute(
        """
        update vault.member set person_id = assigned.person_id, method = assigned.method,
            joined_at = if(member.person_id = assigned.person_id, joined_at, $now::timestamp)
        from assigned
        where member.member_id = assigned.member_id
            and (member.person_id <> assigned.person_id or member.method <> assigned.method)
        """,
        moment,
    )
    # who is not told of now stays with its person, and is who that person is found to be
    con.execute(
        "update vault.member set person_id = joined_person.person_id, joined_at = $now::timestamp "
        "from joined_person where member.person_id = joined_person.former_person_id",
        moment,
    )
    con.execute(
        "insert into vault.member by name "
        "select member_id, partner_id, student_id, person_id, method, $now::timestamp as since, "
        "since as joined_at from assigned anti join vault.member using (member_id)",
        moment,
    )
    con.execute(
        "insert into vault.person select distinct person_id, $now::timestamp "
        "from assigned anti join vault.person using (person_id)",
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
