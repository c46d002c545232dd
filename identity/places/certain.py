"""What is one place for sure: by ids that others gave out, by the configuration, by decisions of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.sql_text import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ingestion.home import Home

# method: column of `account`, strongest first
IDS = {
    "nces_id": "nces",
    "state_school_id": "state_id",
    "uuid": "uuid",
    "tax_id": "tax_id_number",
}
DECISION, CONFIGURED = "decision", "configured"
# what joins two rows of one roster too, and in which order edges are looked at
RANKS = {
    DECISION: 30,
    CONFIGURED: 25,
    **{method: 20 - place for place, method in enumerate(IDS)},
    "splink": 10,
}


def add_certain_edges(con: DuckDBPyConnection, home: Home) -> None:
    """Make `edge` (l, r, method, weight, probability, levels) of what is sure, and `different` (l, r).

    l and r are accounts, l < r. Accounts of one id have an edge for each pair: some may not be joined.
    """
    con.execute(_decided(literal(str(home.reference_file("same_places")))))
    shared = " union all ".join(
        f"""select l.account, r.account, '{method}'
            from account as l inner join account as r using (community_id, kind, {column})
            where l.account < r.account"""
        for method, column in IDS.items()
    )
    con.execute(f"""
        create or replace temp table edge as
        select l, r, method, null::double as weight, 1::double as probability, null::varchar as levels
        from (
            select l, r, '{DECISION}' as method from decided where decision = 'same'
            union all
            -- a partner that is a district is one with the district of its schools
            select least(d.account, p.account), greatest(d.account, p.account), '{CONFIGURED}'
            from account as d
            inner join read_parquet({literal(str(home.reference_file("partners")))}) as partners
                on d.partner_id = partners.partner_id and d.local_id = lower(trim(partners.district_id))
            inner join account as p on p.partner_id = d.partner_id and p.entity = 'partner'
            where d.entity = 'district'
            union all
            {shared}
        )
    """)
    con.execute(
        "create or replace temp table different as select l, r from decided where decision = 'different'"
    )


def _decided(path: str) -> str:
    """The decisions about accounts that are in force; those about others wait for them."""
    return f"""
        create or replace temp table decided as
        select distinct least(one.account, other.account) as l, greatest(one.account, other.account) as r,
            decision
        from read_parquet({path}) as rows
        inner join account as one
            on rows.community_id = one.community_id and rows.entity = one.entity
            and rows.partner_id = one.partner_id and rows.local_id = one.local_id
        inner join account as other
            on rows.community_id = other.community_id and rows.other_entity = other.entity
            and rows.other_partner_id = other.partner_id and rows.other_local_id = other.local_id
        where one.account <> other.account
    """
