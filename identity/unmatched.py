"""Children whom no other partner knows, told to their partner by its own numbers, beside its feedback."""

from __future__ import annotations

import duckdb

from identity.community_settings import community_settings
from ingestion.home import Home
from ingestion.spreadsheets import neutral_sql
from ingestion.sql_text import literal


def write_unmatched(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write feedback/<partner>/unmatched.csv for each partner with such children in force, and only for them.

    One column, student_id, in order. From tables account and person_link, for communities that want it
    (`identity: {unmatched_lists: true}`): whoever is not on the list is known to another partner. A
    community's only partner is told nothing, for there is nobody to be linked to.
    """
    wanted = f"select community_id from {community_settings(home)} where unmatched_lists"
    partners = _find_unmatched(con, wanted) if con.execute(f"{wanted} limit 1").fetchone() else []
    for partner in partners:
        file = home.unmatched_csv(partner)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".csv.draft")
        con.execute(
            f"copy (select {neutral_sql('student_id')} as student_id from unmatched "
            f"where partner_id = {literal(partner)} order by 1) to {literal(str(draft))} (format csv, header)"
        )
        draft.replace(file)
    for file in home.feedback.glob("*/unmatched.csv"):
        if file.parent.name not in partners:
            file.unlink()


def _find_unmatched(con: duckdb.DuckDBPyConnection, wanted: str) -> list[str]:
    """Make table unmatched (partner_id, student_id), and return the partners."""
    con.execute(f"""
        create or replace temp table unmatched as
        with known_to as (
            select person_id, count(distinct partner_id) as n_partners from person_link group by person_id
        )
        select distinct account.partner_id, account.student_id
        from account
        inner join person_link using (partner_id, student_id)
        inner join known_to using (person_id)
        where n_partners = 1 and account.community_id in (
            select community_id from account where community_id in ({wanted})
            group by community_id having count(distinct partner_id) > 1
        )
    """)
    return [name for (name,) in con.execute("select distinct partner_id from unmatched").fetchall()]
