"""Why children of partners are one person, as the vault tells it: links, decisions, changes; never a name."""

from __future__ import annotations

from typing import Any

import duckdb


def explain_person(con: duckdb.DuckDBPyConnection, who: str) -> dict[str, Any] | None:
    """What the vault knows of a person: `who` is a person_id, one of before, or `partner:number` of a child.

    person_id, and lists of children (`since` is when it came to this person, None where the vault does not
    know), links (the best pair of accounts of two children), decisions and changes, the oldest first. None
    where nobody is known by `who`.
    """
    partner_id, is_child, student_id = who.partition(":")
    found = con.execute(
        "select person_id from vault.member where (partner_id, student_id) = (?, ?)"
        if is_child
        else "select coalesce((select person_id from vault.alias where former_person_id = $1), $1)",
        [partner_id, student_id] if is_child else [who],
    ).fetchone()
    if found is None:
        return None
    person_id: str = found[0]
    children = _rows(con, _CHILDREN, person_id)
    if not children:
        return None
    return {
        "person_id": person_id,
        "children": children,
        "links": _rows(con, _LINKS, person_id),
        "decisions": _rows(con, _DECISIONS, person_id),
        "changes": _rows(con, _CHANGES, person_id),
    }


def _rows(con: duckdb.DuckDBPyConnection, query: str, person_id: str) -> list[dict[str, Any]]:
    cursor = con.execute(query, {"person": person_id})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


_CHILDREN = """
    select partner_id, student_id, method, joined_at as since,
           member_id in (select member_id from vault.mention) as is_in_force
    from vault.member
    where person_id = $person
    order by partner_id, student_id
"""

_LINKS = """
    with told as (
        select record_id, member.partner_id, member.student_id
        from vault.record inner join vault.member as member using (member_id)
        where person_id = $person
    )
    select
        l.partner_id, l.student_id, r.partner_id as other_partner_id, r.student_id as other_student_id,
        round(max(match_weight), 1) as match_weight,
        max_by(
            list_aggregate(
                list_transform(list_sort(map_keys(levels)), lambda field: field || ': ' || levels[field]),
                'string_agg', '; '
            ),
            match_weight
        ) as evidence
    from vault.pair as pair
    inner join told as l on pair.record_l = l.record_id
    inner join told as r on pair.record_r = r.record_id
    group by all
    order by all
"""

# every one that names a child of this person, also where a later one is in force
_DECISIONS = """
    with children as (
        select partner_id, student_id from vault.member where person_id = $person
    )
    select
        partner_id || ':' || student_id as child, other_partner_id || ':' || other_student_id as other_child,
        decision, reviewer, decided_at, reason
    from vault.decision
    where (partner_id, student_id) in (from children)
        or (other_partner_id, other_student_id) in (from children)
    order by decided_at, vault.decision.rowid
"""

_CHANGES = """
    select changed_at, kind, if(person_id = $person, other_person_id, person_id) as other_person_id, cause
    from vault.change
    where $person in (person_id, other_person_id)
    order by changed_at, kind, other_person_id
"""
