"""Who is who: accounts of children from all partners, linked into persons with ids that stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from identity.accounts import News, keep_accounts, keep_files, take_accounts
from identity.address_keys import find_homes, keep_homes
from identity.contradicted import keep_contradicted, refuse_contradicted
from identity.decisions import make_decided, refuse_contradictions
from identity.export import LinkCounts, export, exported_is_of, read_counts
from identity.groups import make_groups
from identity.interim import keep_grouped, make_concerned
from identity.kept_matches import keep_matches
from identity.match_rates import keep_match_rates, measure_match_rates, refuse_fallen
from identity.matches import match
from identity.person_key import person_key
from identity.persons import assign_persons, keep_persons
from identity.reissued import find_reissued, refuse_reissued
from identity.vault import open_vault
from ingestion.home import Home


def link_persons(
    home: Home,
    lake: Home | None = None,
    *,
    has_views: bool = False,
    retrain: bool = False,
    accept_match_rates: bool = False,
    accept_reissued_numbers: bool = False,
    accept_contradicted_state_ids: bool = False,
    new_vault: bool = False,
) -> LinkCounts:
    """Take new accounts into the vault, link them, and write what others may know of it to identity/.

    `lake` is where raw/ is read, such as a snapshot; the home itself unless given. With `has_views`, the
    warehouse has staging's views of the children of standards. `retrain` fits the model of linking anew,
    `accept_match_rates` lets deliveries pass that are linked far less than those before (MatchRateError),
    `accept_reissued_numbers` those that call other children by the same numbers (ReissuedNumberError),
    `accept_contradicted_state_ids` those with others' state ids (ContradictedStateIdError), which link none,
    `new_vault` makes a vault where one was and is gone (VaultError).
    Everything is worked out in memory and written in one transaction: killed anywhere, the vault is as it was
    before. Nothing is done where neither files nor decisions changed.
    """
    lake = lake or home
    with open_vault(home, new_vault=new_vault) as con:
        make_decided(con)
        refuse_contradictions(con)
        in_full = retrain or not exported_is_of(con, home)
        news = take_accounts(con, home, lake, has_views=has_views, in_full=in_full)
        if news is not News.CHILDREN:
            if news is News.FILES:
                with _transaction(con):
                    keep_files(con)
            return read_counts(home)
        make_groups(con)
        only_news = match(con, retrain=retrain, only_news=not in_full)
        make_concerned(con, only_news=only_news)
        assign_persons(con, person_key(home))
        measure_match_rates(con, home)
        # before fallen rates, which may come of it
        if not accept_contradicted_state_ids:
            refuse_contradicted(con, home)
        if not accept_match_rates:
            refuse_fallen(con)
        find_reissued(con)
        if not accept_reissued_numbers:
            refuse_reissued(con, home)
        find_homes(con, home, only_news=only_news)
        with _transaction(con):
            _keep(con, only_news=only_news, let_pass=accept_contradicted_state_ids)
        return export(con, home, only_news=only_news)


def _keep(con: duckdb.DuckDBPyConnection, *, only_news: bool, let_pass: bool) -> None:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat()
    keep_files(con)
    keep_homes(con, only_news=only_news)
    keep_accounts(con)
    keep_matches(con, now, only_news=only_news)
    keep_grouped(con, only_news=only_news)
    keep_contradicted(con, let_pass=let_pass)
    keep_persons(con, now)
    keep_match_rates(con, now)
    con.execute("insert into vault.generation select coalesce(max(number), 0) + 1 from vault.generation")
    con.execute("delete from vault.generation where number < (select max(number) from vault.generation)")


@contextmanager
def _transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
