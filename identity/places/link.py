"""The step of a refresh that links organizations and sites: nothing where nothing changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from identity.places.accounts import collect_accounts
from identity.places.certain import add_certain_edges
from identity.places.clusters import join_places
from identity.places.registry import assign_ids
from identity.places.scored import add_scored_pairs
from ingestion.home import Home
from ingestion.spill import working_database
from ingestion.sql_text import literal
from ingestion.warehouse_file import attach_warehouse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KINDS = ("organization", "site")  # in this order: who runs a site tells of it
READ = ("partners", "same_places")  # tables of the configuration


@dataclass(frozen=True)
class PlaceCounts:
    """Accounts of organizations and sites, the places they are of, and pairs that people should look at."""

    accounts: int
    organizations: int
    sites: int
    by_id: int
    by_names: int
    by_decision: int
    to_decide: int


def link_places(home: Home, lake: Home | None = None, *, code: str = "") -> PlaceCounts:
    """Write identity/place_links.parquet and what goes with it from what is in force in `lake`.

    The warehouse has the views of `identity.places.accounts`, which read the snapshot. Where neither files
    nor configuration nor `code` (a fingerprint of the project) are others than the last time, nothing is
    done; where the accounts turn out the same, nothing is linked anew.
    """
    kept = _kept(home)
    of_files = _fingerprint_of_files(home, lake or home, code)
    if kept.get("files") == of_files:
        return PlaceCounts(**kept["counts"])
    with working_database(home) as con:
        con.execute("set file_search_path = ?", [str(home.root)])
        attach_warehouse(con, home)
        collect_accounts(con, home)
        of_accounts = _fingerprint_of_accounts(con, home, code)
        if kept.get("accounts") == of_accounts:
            counts = PlaceCounts(**kept["counts"])
        else:
            counts = link_accounts(con, home)
    _keep(home, {"files": of_files, "accounts": of_accounts, "counts": vars(counts)})
    return counts


def link_accounts(con: DuckDBPyConnection, home: Home) -> PlaceCounts:
    """Link the accounts in `account` (identity.places.accounts) of `con`, and write the files of places."""
    add_certain_edges(con, home)
    con.execute(_EMPTY)
    for kind in KINDS:
        add_scored_pairs(con, kind)
        join_places(con, kind)
        for statement in ("insert into located from member", _WAYS, _OWNERS):
            con.execute(statement)
    assign_ids(con, home)
    home.identity.mkdir(parents=True, exist_ok=True)
    # the registry first: whatever is killed after it, the next run gives the same ids
    for path, query in (
        (home.place_registry, "from registry order by all"),
        (home.place_aliases, "from alias order by all"),
        (home.places, _PLACES),
        (home.place_pairs, _TO_DECIDE),
        (home.place_links, _LINKS),
    ):
        _write(con, path, query)
    row = con.execute(_COUNTS, {"links": str(home.place_links), "pairs": str(home.place_pairs)}).fetchone()
    assert row is not None
    return PlaceCounts(*row)


_EMPTY = """
    create or replace temp table pair (l bigint, r bigint, weight double, probability double, levels varchar);
    create or replace temp table owner (account bigint, place bigint);
    create or replace temp table located (account bigint, place bigint);
    create or replace temp table undecided (l bigint, r bigint, probability double, levels varchar);
    create or replace temp table way (account bigint, method varchar, probability double, levels varchar);
"""

# by what an account is linked with others of its place: the strongest
_WAYS = """
    insert into way
    select account, method, probability, levels
    from (select l as account, r as other, * from link union all select r, l, * from link) as sided
    inner join member using (account)
    inner join member as others on sided.other = others.account and member.place = others.place
    qualify row_number() over (partition by account order by rank desc, weight desc nulls last, other) = 1
"""

# whose a site is: as its partner says, else the partner's own
_OWNERS = """
    create or replace temp table owner as
    with organizations as (
        select entity, partner_id, local_id, place
        from account inner join located using (account)
        where kind = 'organization'
    )
    select account.account, coalesce(named.place, own.place) as place
    from account
    left join organizations as named
        on account.owner_entity = named.entity and account.partner_id = named.partner_id
        and account.owner_id = named.local_id
    left join organizations as own on account.partner_id = own.partner_id and own.entity = 'partner'
    where account.kind = 'site'
"""

_LINKS = """
    select kind, community_id, entity, partner_id, local_id, partner_id || ':' || local_id as account_id,
           place_id, coalesce(method, 'alone') as method, probability as match_probability, levels
    from account
    inner join located using (account)
    inner join place using (place)
    left join way using (account)
    order by all
"""

# called as those call it who should know; a project tells no address: where people hide from violence is
# told to nobody
_PLACES = """
    with ranked as (
        select *, list_position(['school', 'organization', 'site', 'district', 'project', 'partner'], entity)
               as rank
        from account inner join located using (account) inner join place using (place)
    ),
    told as (select *, (rank, partner_id, local_id) as place_in_line from ranked)
    select place_id, community_id, kind,
           arg_min(name, place_in_line) filter (name is not null) as place_name,
           arg_min(entity, place_in_line) as entity,
           max(nces) as nces_id, max(state_id) as state_school_id, max(tax_number) as tax_id,
           arg_min(zip_code, place_in_line) filter (zip_code is not null and entity in ('school', 'site'))
               as zip_code,
           count(*) as n_accounts, count(distinct partner_id) as n_partners
    from told
    group by all
    order by all
"""

_TO_DECIDE = """
    select one.kind, one.community_id, one.entity, one.partner_id, one.local_id, one.name as place_name,
           other.entity as other_entity, other.partner_id as other_partner_id,
           other.local_id as other_local_id, other.name as other_place_name,
           probability as match_probability, levels
    from undecided
    inner join account as one on undecided.l = one.account
    inner join account as other on undecided.r = other.account
    order by match_probability desc, entity, partner_id, local_id, other_partner_id, other_local_id
"""

_COUNTS = """
    select count(*), count(distinct place_id) filter (kind = 'organization'),
           count(distinct place_id) filter (kind = 'site'),
           count(*) filter (method not in ('alone', 'splink', 'decision')),
           count(*) filter (method = 'splink'), count(*) filter (method = 'decision'),
           (select count(*) from read_parquet($pairs))
    from read_parquet($links)
"""


def _write(con: DuckDBPyConnection, path: Path, query: str) -> None:
    """Readers see the old file or the new one; ordered, so equal places are equal bytes."""
    draft = path.with_suffix(".parquet.draft")
    con.execute(f"copy ({query}) to {literal(str(draft))} (format parquet)")
    draft.replace(path)


# ---- what was linked the last time -------------------------------------------------------------------------
def _kept(home: Home) -> dict[str, Any]:
    """What is known of the last run; nothing if any of its files is gone."""
    files = (home.place_registry, home.place_aliases, home.places, home.place_pairs, home.place_links)
    try:
        kept: dict[str, Any] = json.loads(home.places_made_of.read_text())
        PlaceCounts(**kept["counts"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return kept if all(file.exists() for file in files) else {}


def _keep(home: Home, made_of: dict[str, Any]) -> None:
    draft = home.places_made_of.with_suffix(".draft")
    draft.write_text(json.dumps(made_of))
    draft.replace(home.places_made_of)


def _fingerprint_of_files(home: Home, lake: Home, code: str) -> str:
    """Of the lake by names and times, for no file is written twice; of the configuration by what it says."""
    stats = [
        f"{path.relative_to(lake.raw)}|{stat.st_ino}|{stat.st_size}|{stat.st_mtime_ns}"
        for path in sorted(lake.raw.glob("*/**/*.parquet"))
        for stat in [path.stat()]
    ]
    return _hash(code, *_configuration(home), *stats)


def _fingerprint_of_accounts(con: DuckDBPyConnection, home: Home, code: str) -> str:
    sums = "count(*), sum(md5_number_lower(line)::hugeint), sum(md5_number_upper(line)::hugeint)"
    row = con.execute(f"select {sums} from (select t::varchar as line from account as t)").fetchone()
    return _hash(code, *_configuration(home), repr(row))


def _configuration(home: Home) -> list[str]:
    """Of the tables of the configuration that are read, and of this package, whose weights decide."""
    read = [home.reference_file(table) for table in READ]
    return [
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (*read, *sorted(Path(__file__).parent.glob("*.py")))
    ]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
