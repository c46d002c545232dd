"""Children whom no other partner knows, told to their partner by its own numbers, beside its feedback."""

from __future__ import annotations

import duckdb

from identity.community_settings import community_settings
from ingestion.home import Home


def list_unmatched(con: duckdb.DuckDBPyConnection, home: Home) -> str:
    """The name of a table of such children in force: partner_id, student_id.

    From tables account and person_link, for communities that want it
    (`identity: {unmatched_lists: true}`): whoever is not on the list is known to another partner. A
    community's only partner is told nothing, for there is nobody to be linked to.
    """
    wanted = f"select community_id from {community_settings(home)} where unmatched_lists"
    con.execute("create or replace temp table unmatched (partner_id varchar, student_id varchar)")
    if con.execute(f"{wanted} limit 1").fetchone():
        _find_unmatched(con, wanted)
    return "unmatched"


def _find_unmatched(con: duckdb.DuckDBPyConnection, wanted: str) -> None:
    con.execute(f"""
        insert into unmatched
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
