"""State ids by which a partner tells of another child than the others do: there they link nobody."""

from __future__ import annotations

import duckdb

from identity.community_settings import community_settings
from identity.unlike import letters, unlike_births, unlike_names
from ingestion.errors import MilepostError
from ingestion.home import Home

LARGEST_SHARE = 0.002  # of a delivery's children, where a community does not say it: community.yml, identity
FEWEST = 5  # children of a delivery that stop a refresh: one mistyped id is no news, and links nobody


class ContradictedStateIdError(MilepostError):
    """A delivery tells of other children by state ids of others; nothing was linked, the last links stay."""


def take_contradicted(con: duckdb.DuckDBPyConnection) -> None:
    """Make table contradicted (member_id, other_member_id), and take state ids from its members in grouped.

    Of students of two partners with one state id, who contradict each other where all that they are called
    is unlike and all birth dates are (unlike.py), one loses it who agrees with nobody else's account of it:
    both, where neither does, for years and the order of arrival are as partners choose. Accounts without a
    name or a birth date say nothing either way. Who lost it is grouped as one who never had a state id, by
    its partner's number.
    """
    for statement in (_DOUBTFUL, _DOUBTED, _OF_DOUBTED, _SUSPECTS, _TOLD, _CONTRADICTED, _WITHOUT_STATE_ID):
        con.execute(statement)


# most of a community's children have one birth date, and integers are quickly compared: names come last
_DOUBTFUL = """
    create or replace temp table doubtful as
    select group_id
    from account inner join (from grouped where method = 'state_id') as grouped using (member_id)
    group by group_id
    having min(birth_date) <> max(birth_date)
"""

_DOUBTED = """
    create or replace temp table doubted as
    select member_id, group_id, grouped.partner_id as partner,
           'partner|' || grouped.partner_id || '|' || coalesce(known_as, grouped.student_id) as student
    from grouped
    semi join doubtful using (group_id)
    left join merged on grouped.partner_id = merged.partner_id and grouped.student_id = merged.student_id
"""

# read once, and as it is: what is worked out of a name here would be worked out of all accounts
_OF_DOUBTED = """
    create or replace temp table doubted_account as
    select group_id, partner, student, first_name, last_name, birth_date
    from account inner join doubted using (member_id)
"""

_SUSPECTS = f"""
    create or replace temp table suspect as
    with born as (
        select distinct group_id, partner, birth_date from doubted_account where birth_date is not null
    )
    select distinct group_id
    from born as l inner join born as r using (group_id)
    where l.partner < r.partner and {unlike_births("l.birth_date", "r.birth_date")}
"""

_TOLD = f"""
    create or replace temp table told_by_state_id as
    from (
        select distinct group_id, partner, student, birth_date,
               {letters("first_name")} as first_name, {letters("last_name")} as last_name
        from doubted_account semi join suspect using (group_id)
        where birth_date is not null
    )
    where first_name <> '' and last_name <> ''
"""

_CONTRADICTED = f"""
    create or replace temp table contradicted as
    with compared as (
        select group_id, l.student, r.student as other_student,
               bool_and(
                   {unlike_births("l.birth_date", "r.birth_date")}
                   and {unlike_names("l.first_name", "l.last_name", "r.first_name", "r.last_name")}
               ) as is_contradiction
        from told_by_state_id as l inner join told_by_state_id as r using (group_id)
        where l.partner <> r.partner
        group by all
    ),
    -- where nobody agrees with anybody it is not known whose the id is: an earlier school year, as any other
    -- way to choose, is a partner's own word
    alone as (
        select student from compared group by all having bool_and(is_contradiction)
    )
    select own.member_id, others.member_id as other_member_id
    from (from compared semi join alone using (student)) as lost
    inner join doubted as own using (student)
    inner join doubted as others on other_student = others.student
"""

_WITHOUT_STATE_ID = """
    update grouped set seed = doubted.student, group_id = md5_number_lower(doubted.student),
        state_student_id = null, method = 'state_id_contradicted'
    from doubted
    where grouped.member_id = doubted.member_id
        and doubted.member_id in (select member_id from contradicted)
"""


def leave_out_decided(con: duckdb.DuckDBPyConnection) -> None:
    """Remove from contradicted whom a reviewer called the same, so that they are of one group after all."""
    con.execute("""
        create or replace temp table contradicted as
        with placed as (
            select member_id, group_id from grouped semi join (
                select member_id from contradicted union all select other_member_id from contradicted
            ) as named using (member_id)
        )
        select contradicted.*
        from contradicted
        inner join placed as own using (member_id)
        inner join placed as others on other_member_id = others.member_id
        where own.group_id <> others.group_id
    """)


def refuse_contradicted(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """ContradictedStateIdError if a delivery not judged before (new_rate) has more of them than allowed.

    Children of both sides count, for it is not known who is wrong; not those whom somebody let pass before.
    """
    found = con.execute(f"""
        with news as (
            select member_id, other_member_id from contradicted
            where (least(member_id, other_member_id), greatest(member_id, other_member_id)) not in (
                select (least(member_id, other_member_id), greatest(member_id, other_member_id))
                from vault.contradicted
                where was_let_pass
            )
        )
        select new_rate.extract_id, new_rate.school_year, new_rate.collection, n_children,
               count(distinct member_id) as n_contradicted
        from new_rate
        inner join new_account on load_id = _load_id and new_rate.extract_id = new_account.extract_id
        semi join (select member_id from news union all select other_member_id from news) as named
            using (member_id)
        left join {community_settings(home)} as settings on new_rate.community_id = settings.community_id
        group by all
        having n_contradicted >= {FEWEST} and n_contradicted
            > n_children * coalesce(any_value(largest_contradicted_share), {LARGEST_SHARE})
        order by all
    """).fetchall()
    if found:
        raise ContradictedStateIdError.of(
            ContradictedStateIdError(
                f"{n_contradicted:,} of {n_children:,} children have state ids by which another partner "
                "tells of other children: names and birth dates have nothing in common",
                where=f"{extract_id} {school_year} {collection}",
                rule="a state id is one child's (community.yml: largest_contradicted_share)",
                next_step="Look whether the column of state ids is the right one and its rows were not "
                "shifted, and ask the partners whose they are. Mend the contract, withdraw the delivery, or "
                "link all others with `milepost refresh --accept-contradicted-state-ids`",
            )
            for extract_id, school_year, collection, n_children, n_contradicted in found
        )


def keep_contradicted(con: duckdb.DuckDBPyConnection, *, let_pass: bool) -> None:
    """Write them into the vault, for review; the caller holds the transaction.

    No delivery is asked again of all there are now, with `let_pass`, and of those that were let pass before.
    """
    con.execute("""
        create or replace temp table was_let_pass as
        select member_id, other_member_id from vault.contradicted where was_let_pass
    """)
    con.execute("delete from vault.contradicted")
    con.execute(
        "insert into vault.contradicted by name select *, $let_pass or "
        "(member_id, other_member_id) in (from was_let_pass) as was_let_pass from contradicted",
        {"let_pass": let_pass},
    )


def list_contradicted(con: duckdb.DuckDBPyConnection, _home: Home) -> str:
    """The name of a view of who lost its state id: partner_id, student_id."""
    con.execute("""
        create or replace temp view contradicted_student as
        select distinct partner_id, student_id from vault.member semi join contradicted using (member_id)
    """)
    return "contradicted_student"
