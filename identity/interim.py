"""What an interim step works out anew: children with news, and whoever is or was linked with them."""

from __future__ import annotations

import duckdb

# what of a child's group makes a difference to anything that is worked out of it
GROUPED_AS = "hash(grouped.group_id, seed, state_student_id, n_state_ids, grouped.method)"

# of whom another account is told than at the last time, or who are of another group, or come, or are gone
CHANGED_MEMBERS = f"""
    create or replace temp table changed_member as
    with now as (
        select member_id, {GROUPED_AS} as grouped_as from grouped semi join present using (member_id)
    )
    select member_id from new_account
    union
    select member_id from vault.account semi join gone_file using (file_key)
    union
    select member_id from now anti join vault.grouped using (member_id, grouped_as)
    union
    select member_id from vault.grouped anti join now using (member_id, grouped_as)
"""


def reach_groups(con: duckdb.DuckDBPyConnection, threshold: float) -> None:
    """Make table reached (group_id): groups with news, and those that a chain of links leads to from them.

    Links of before count too: who was linked through one that is gone may be linked otherwise now. No other
    group can be, for links are made and left out by what they have an end in common with.
    """
    con.execute("""
        create or replace temp table reached as
        select group_id from new_record
        union select group_id from gone_record
        union select group_id from grouped semi join changed_member using (member_id)
        union select group_id from vault.grouped semi join changed_member using (member_id)
    """)
    con.execute(f"""
        create or replace temp table group_link as
        with placed as (
            select record_id, group_id from vault.record
            union all select record_id, group_id from new_record
        ),
        strong as (
            select record_l, record_r from vault.pair where match_probability >= {threshold}
            union all select record_l, record_r from scored where match_probability >= {threshold}
        )
        select l.group_id as one, r.group_id as other
        from strong
        inner join placed as l on record_l = l.record_id
        inner join placed as r on record_r = r.record_id
    """)
    con.execute("create or replace temp table frontier as from reached")
    while con.table("frontier").shape[0]:
        con.execute("""
            create or replace temp table frontier as
            select group_id from (
                select other as group_id from group_link semi join frontier on one = group_id
                union
                select one from group_link semi join frontier on other = group_id
            ) anti join reached using (group_id)
        """)
        con.execute("insert into reached from frontier")


def make_concerned(con: duckdb.DuckDBPyConnection, *, only_news: bool) -> None:
    """Make table concerned (member_id): children in force whose persons are worked out anew.

    With `only_news` these are all of groups that were reached and all that share a person with one of them;
    clusters of the latter, which are as before, are added to `clustered`. Else everybody is.
    """
    if not only_news:
        con.execute("create or replace temp table concerned as select member_id from present")
        return
    con.execute("""
        create or replace temp table concerned as
        select member_id from grouped semi join reached using (group_id) semi join present using (member_id)
    """)
    while True:
        con.execute("""
            create or replace temp table along as
            with shared as (
                select member_id
                from vault.member
                semi join (
                    select person_id from vault.member semi join concerned using (member_id)
                ) as persons using (person_id)
                anti join concerned using (member_id)
            )
            select member_id, group_id, cluster_id
            from vault.grouped
            semi join (select cluster_id from vault.grouped semi join shared using (member_id)) as clusters
                using (cluster_id)
            semi join present using (member_id)
            anti join concerned using (member_id)
        """)
        if not con.table("along").shape[0]:
            return
        con.execute("insert into concerned select member_id from along")
        con.execute("insert into clustered select distinct group_id, cluster_id from along")


def keep_grouped(con: duckdb.DuckDBPyConnection, *, only_news: bool) -> None:
    """Write how children in force are grouped and clustered; the caller holds the transaction."""
    if only_news:
        con.execute(
            "delete from vault.grouped where member_id in "
            "(select member_id from changed_member union all select member_id from concerned)"
        )
    else:
        con.execute("delete from vault.grouped")
    con.execute(f"""
        insert into vault.grouped by name
        select member_id, assigned.group_id, cluster_id, n_state_ids, {GROUPED_AS} as grouped_as
        from assigned inner join grouped using (member_id)
    """)
