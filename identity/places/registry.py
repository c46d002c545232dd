"""Which id a place has: kept over loads, and by what is known of it, not by when it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.sql_text import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ingestion.home import Home

KEY = "kind, community_id, entity, partner_id, local_id"


def assign_ids(con: DuckDBPyConnection, home: Home) -> None:
    """Make `place` (place, place_id) of `located` (account, place), the new `registry`, and `alias`.

    The registry has every id that an account ever had, in order (`turn`, from 1; the highest is the one it
    has). A place keeps the least of the ids that are its own: those that its accounts had first. So two
    places that become one keep the lesser id, and the other is an alias; when they part again each has its
    own. A new place is called by its strongest known id, whichever partner came first with it, else by the
    least of its accounts.
    """
    columns = ", ".join(f"{column.strip()} varchar" for column in KEY.split(","))
    con.execute(f"create or replace temp table registered ({columns}, place_id varchar, turn integer)")
    if home.place_registry.exists():
        con.execute(f"insert into registered by name from read_parquet({literal(str(home.place_registry))})")
    for statement in (_SEEDS, _PLACE_IDS, _REGISTRY, _ALIASES):
        con.execute(statement)


def _id(text: str) -> str:
    """SQL: twelve characters of 60 bits of a hash; an id says nothing, and the same everywhere."""
    return f"lower(to_base(('0x' || left(sha256({text}), 15))::bigint, 32, 12))"


def _seed(*parts: str) -> str:
    return _id(f"concat_ws('|', 'place', kind, community_id, {', '.join(parts)})")


# ids by strength: one that is given out for the world makes the same place id in every deployment
_KNOWN = " ".join(
    f"when {column} is not null then {_seed(literal(column), column)}"
    for column in ("nces", "state_id", "uuid", "tax_id_number")
)
_SEEDS = f"""
    create or replace temp table seed as
    select account, place, {_seed("entity", "partner_id", "local_id")} as account_seed,
        case {_KNOWN} end as known_seed,
           case
               when nces is not null then 1 when state_id is not null then 2
               when uuid is not null then 3 else 4
           end as strength
    from account inner join located using (account)
"""

_PLACE_IDS = f"""
    create or replace temp table place as
    with owned as (
        -- an id is the account's that had it first; of several that is made of it, then the least
        select place, place_id
        from registered inner join account using ({KEY}) inner join seed using (account)
        qualify row_number() over (
            partition by place_id
            order by turn, coalesce(place_id in (account_seed, known_seed), false) desc, account
        ) = 1
    ),
    kept as (select place, min(place_id) as place_id from owned group by all),
    fresh as (
        select place, arg_min(known_seed, (strength, known_seed)) as known_seed,
               min(account_seed) as account_seed
        from seed
        group by all
    ),
    named as (
        select place, coalesce(kept.place_id, known_seed, account_seed) as place_id,
               kept.place_id is not null as is_kept, account_seed
        from fresh left join kept using (place)
    )
    -- of two that a decision keeps apart under one number, one is called by it
    select place, case
        when row_number() over (partition by place_id order by is_kept desc, place) = 1
            then place_id else account_seed
    end as place_id
    from named
"""

_REGISTRY = f"""
    create or replace temp table registry as
    with latest as (
        select {KEY}, max(turn) as turn, arg_max(place_id, turn) as place_id from registered group by all
    )
    select {KEY}, place_id, turn from registered
    union all
    select account.kind, account.community_id, account.entity, account.partner_id, account.local_id,
        place.place_id,
           coalesce(latest.turn, 0) + 1
    from account
    inner join located using (account)
    inner join place using (place)
    left join latest using ({KEY})
    where latest.place_id is distinct from place.place_id
"""

# an id that no account has any more is another name of what its first account is called now
_ALIASES = f"""
    create or replace temp table alias as
    with latest as (select {KEY}, arg_max(place_id, turn) as current_id from registry group by all)
    select place_id, arg_min(current_id, (turn, entity, partner_id, local_id)) as current_place_id
    from registry inner join latest using ({KEY})
    where place_id not in (select current_id from latest)
    group by all
"""
