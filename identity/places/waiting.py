"""Decisions about places that wait: rows of same_places.csv that name an account no partner has told of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import duckdb

from ingestion.sql_text import literal

if TYPE_CHECKING:
    from ingestion.configuration.community import Community
    from ingestion.home import Home

_WAITING = """
    with named as (
        select unnest($communities) as community_id, unnest($entities) as entity,
               unnest($partners) as partner_id, unnest($numbers) as local_id
    )
    select distinct community_id, entity || ' ' || partner_id || ' ' || local_id
    from named anti join read_parquet({links}) using (community_id, entity, partner_id, local_id)
    order by all
"""


def waiting_accounts(home: Home, communities: Iterable[Community]) -> list[tuple[str, str]]:
    """Community and account (entity, partner and number) of those that same_places.csv names and the last
    refresh knew nothing of: not sent yet, or a typo. None before the first refresh."""
    named = [
        (community.community, *account)
        for community in communities
        for row in community.same_places
        for account in (row.one, row.other)
    ]
    if not named or not home.place_links.exists():
        return []
    columns = map(list, zip(*named, strict=True))
    values = dict(zip(("communities", "entities", "partners", "numbers"), columns, strict=True))
    with duckdb.connect(config={"threads": 1}) as con:
        return con.execute(_WAITING.format(links=literal(str(home.place_links))), values).fetchall()
