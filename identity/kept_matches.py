"""What was compared, written into the vault: pairs, records and models, and only what is not as before."""

from __future__ import annotations

import duckdb

from identity.records import RECORD


def keep_matches(con: duckdb.DuckDBPyConnection, now: str, *, only_news: bool) -> None:
    """Write pairs, records and models into the vault; the caller holds the transaction."""
    con.execute(
        "insert into vault.model by name select * replace ($now::timestamp as trained_at) from fitted",
        {"now": now},
    )
    # what is as before is not written again: of a million records, few are others in an interim load
    con.execute("delete from vault.record where record_id in (select record_id from gone_record)")
    con.execute(f"insert into vault.record by name select {RECORD} from new_record")
    if only_news:
        _keep_news(con)
    else:
        _keep_all(con)


def _keep_news(con: duckdb.DuckDBPyConnection) -> None:
    gone = "(select record_id from gone_record)"
    con.execute(f"delete from vault.normalised where record_id in {gone}")
    con.execute("insert into vault.normalised by name from normalised")
    con.execute(f"delete from vault.pair where record_l in {gone} or record_r in {gone}")
    con.execute("insert into vault.pair by name from scored")


def _keep_all(con: duckdb.DuckDBPyConnection) -> None:
    same = (
        "kept.record_id = now.record_id and kept.place_hash = now.place_hash and kept.rules = now.rules "
        "and kept.community_id = now.community_id and kept.group_id = now.group_id "
        "and kept.state_id is not distinct from now.state_id"
    )
    con.execute(
        f"delete from vault.normalised as kept where not exists (from normalised as now where {same})"
    )
    con.execute(
        "insert into vault.normalised by name from normalised as now "
        f"where not exists (from vault.normalised as kept where {same})"
    )
    con.execute(
        "delete from vault.named_clk as kept where not exists (from encoded_now as now "
        "where kept.record_id = now.record_id and kept.version = now.version and kept.clk = now.clk)"
    )
    con.execute(
        "insert into vault.named_clk by name from encoded_now "
        "anti join vault.named_clk using (record_id, version, clk)"
    )
    same = (
        "record_l = now.record_l and kept.record_r = now.record_r and kept.model_version = now.model_version "
        "and kept.match_weight = now.match_weight and kept.levels = now.levels "
        "and kept.name_weight is not distinct from now.name_weight"
    )
    con.execute(f"delete from vault.pair as kept where not exists (from scored as now where kept.{same})")
    con.execute(
        "insert into vault.pair by name from scored as now "
        f"where not exists (from vault.pair as kept where kept.{same})"
    )
