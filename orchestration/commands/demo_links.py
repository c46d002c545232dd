"""How well the demo's children were linked, against the truth that only a made-up community has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLUMNS = ("sector", "children", "linked", "precision", "recall")


def linked_by_sector(person_links: Path, partners: Path, truth: Path) -> list[tuple[Any, ...]]:
    """Per sector: children of its partners, the share known to another, pairwise precision and recall.

    `truth` has partner_id, student_id, true_person_id. A pair is two partners' records of one child, and
    counts for the sectors of both; the last row, `all`, counts each once.
    """
    import duckdb

    from ingestion.sql_text import literal

    files = {"links": person_links, "partners": partners, "truth": truth}
    with duckdb.connect() as con:
        for name, file in files.items():
            con.execute(f"create view {name} as from {literal(str(file))}")
        return con.execute(_BY_SECTOR).fetchall()


_TOGETHER = """
        select
            one.partner_id, one.student_id, other.partner_id as other_partner_id,
            other.student_id as other_student_id, one.sector, other.sector as other_sector,
            one.person_id = other.person_id as is_found, one.true_person_id = other.true_person_id as is_true
        from members as one
        inner join members as other using ({key})
        where one.partner_id < other.partner_id"""
_BY_SECTOR = f"""
    with members as (
        select links.partner_id, links.student_id, person_id, true_person_id, sector
        from links
        inner join truth using (partner_id, student_id)
        inner join partners using (partner_id)
    ),
    -- two joins by one key each; DuckDB would compare everybody with everybody for one join by either
    together as (
        {_TOGETHER.format(key="true_person_id")}
        union
        {_TOGETHER.format(key="person_id")}
    ),
    pairs as (
        select list_distinct([sector, other_sector, 'all']) as sectors, is_found, is_true from together
    ),
    measured as (
        select
            sector,
            count(*) filter (is_found and is_true) / nullif(count(*) filter (is_found), 0) as precision,
            count(*) filter (is_found and is_true) / nullif(count(*) filter (is_true), 0) as recall
        from (select unnest(sectors) as sector, is_found, is_true from pairs)
        group by sector
    ),
    known_to as (
        select person_id, count(distinct partner_id) as n_partners from members group by person_id
    ),
    children as (
        select sector, count(*) as n_children, count(*) filter (n_partners > 1) / count(*) as share_linked
        from (
            select distinct unnest([sector, 'all']) as sector, person_id from members
        ) inner join known_to using (person_id)
        group by sector
    )
    select sector, n_children, round(share_linked, 3), round(precision, 4), round(recall, 4)
    from children left join measured using (sector)
    order by sector = 'all', sector
"""
