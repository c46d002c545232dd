"""Accounts that share no id, compared by what they say: new pairs are scored, the others remembered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import duckdb

from identity.interim import reach_groups
from identity.records import find_records, find_unsure
from ingestion.sql_text import literal

if TYPE_CHECKING:
    from identity.matching import Model

# of match probability, from which two are linked: least costly where a wrong link costs ten missed ones (make
# bench-identity draws the curve)
THRESHOLD = 0.95
REVIEW_FROM = 0.3  # from which a person should look at those that are not
SEED = 2025
FEWEST_RECORDS = 50  # below, a model says nothing, and there is nothing to compare
OUTGROWN = 2  # times as many records as the model was fitted to: it is fitted anew


def match(con: duckdb.DuckDBPyConnection, *, retrain: bool = False, only_news: bool = False) -> bool:
    """Make tables scored (pairs), clustered (group_id, cluster_id), new_record, gone_record and normalised.

    Per community, for no agreement lets two of them share names; none is compared where all children have
    state ids. The model fitted before is used as it is, so that an interim load is compared with everybody by
    the same measure; it is fitted anew with `retrain`, or when there are twice as many records.

    With `only_news`, where that is all there is to do, scored and clustered are of new records and of groups
    that may be linked otherwise alone, the vault has the others, and True is returned.
    """
    find_unsure(con)
    con.execute("create or replace temp table scored as from vault.pair limit 0")
    con.execute("create or replace temp table fitted as from vault.model limit 0")
    con.execute("create or replace temp table clustered (group_id ubigint, cluster_id ubigint)")
    for table in ("normalised", "encoded_now"):
        source = "normalised" if table == "normalised" else "named_clk"
        con.execute(f"create or replace temp table {table} as from vault.{source} limit 0")
    if only_news and not retrain and _may_be_kept(con):
        find_records(con, only_news=True)
        if (models := _models_of_before(con)) is not None:
            for community_id, model in models.items():
                _match_news(con, community_id, model)
            _cluster_news(con)
            return True
    find_records(con, only_news=False)
    for community_id, n_records in _compared_communities(con):
        _match_community(con, community_id, n_records, retrain=retrain)
    return False


def _may_be_kept(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether pairs of before stand where nothing new is told: one way to compare them, and no codes.

    What encodings and hashed numbers say depends on all of them, and on the secret.
    """
    from identity.matching import rules_of_now

    row = con.execute(
        """
        select exists (from vault.normalised where rules <> $rules)
            or exists (from account where clk is not null or hashed_national_id is not null)
            or exists (from vault.named_clk)
            or exists (from unsure anti join (select distinct community_id from vault.record) as kept
                       using (community_id))
            or exists (from vault.record anti join unsure using (community_id))
        """,
        {"rules": rules_of_now()},
    ).fetchone()
    return not (row and row[0])


def _models_of_before(con: duckdb.DuckDBPyConnection) -> dict[str, Model] | None:
    """The models of communities that are compared; None where one is not there, or others were compared."""
    models = {
        community_id: _kept_model(con, community_id, n_records)
        for community_id, n_records in _compared_communities(con)
    }
    before = {
        name for (name,) in con.execute("select distinct community_id from vault.normalised").fetchall()
    }
    kept = {community_id: model for community_id, model in models.items() if model is not None}
    return kept if before == set(kept) == set(models) else None


def _compared_communities(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    return con.execute(
        "select community_id, count(*) as n from all_records group by all "
        "having count(distinct partner_id) > 1 and n >= ? order by 1",
        [FEWEST_RECORDS],
    ).fetchall()


def _match_news(con: duckdb.DuckDBPyConnection, community_id: str, model: Model) -> None:
    """Compare the new records of a community with all others of it; what is found is added to scored."""
    from identity.matching import NORMALISED, score

    con.execute(
        "create or replace temp table record as "
        "select * exclude (community_id) from new_record where community_id = $community_id",
        {"community_id": community_id},
    )
    if not con.table("record").shape[0]:
        return
    # read very often, so nobody is looked for where nobody is gone
    gone = "anti join gone_record using (record_id) " if con.table("gone_record").shape[0] else ""
    con.execute(
        "create or replace temp view settled as from vault.normalised "
        f"{gone}where community_id = {literal(community_id)}"
    )
    score(con, model, new="record", settled="settled")
    _keep_normalised(con, community_id, f"{NORMALISED}_new")
    con.execute(_WITHOUT_NAMES)
    con.execute(
        "insert into scored by name select *, $version as model_version, match_weight as name_weight, "
        "levels as name_levels from pair",
        {"version": model.version},
    )


def _cluster_news(con: duckdb.DuckDBPyConnection) -> None:
    from identity.matching import cluster

    reach_groups(con, THRESHOLD)
    con.execute("create or replace temp table record as from all_records semi join reached using (group_id)")
    con.execute(f"""
        create or replace temp table pair as
        with strong as (
            select record_l, record_r, match_weight, match_probability from vault.pair
            where match_probability >= {THRESHOLD}
                and record_l not in (select record_id from gone_record)
                and record_r not in (select record_id from gone_record)
            union all by name
            select record_l, record_r, match_weight, match_probability from scored
        )
        from strong semi join record on strong.record_l = record.record_id
    """)
    cluster(con, THRESHOLD, apart="apart")
    con.execute("insert into clustered select group_id, cluster_id from cluster")


def _match_community(
    con: duckdb.DuckDBPyConnection, community_id: str, n_records: int, *, retrain: bool
) -> None:
    from identity.matching import cluster, train

    of_community = {"community_id": community_id}
    con.execute(
        "create or replace temp table record as "
        "select * exclude (community_id) from all_records where community_id = $community_id",
        of_community,
    )
    kept = None if retrain else _kept_model(con, community_id, n_records)
    model = kept or train(con, SEED)
    _score_names(con, community_id, model, only_new=bool(kept))
    _score_codes(con)
    if not kept:
        con.execute(
            "insert into fitted values ($community_id, $version, $content, $n_records, now()::timestamp)",
            {
                **of_community,
                "version": model.version,
                "content": model.to_json(),
                "n_records": n_records,
            },
        )
    cluster(con, THRESHOLD, apart="apart")
    con.execute("insert into clustered select group_id, cluster_id from cluster")
    con.execute(
        "insert into scored by name select pair.*, $version as model_version, name_weight, name_levels "
        "from pair left join by_names using (record_l, record_r)",
        {"version": model.version},
    )


def _score_names(con: duckdb.DuckDBPyConnection, community_id: str, model: Model, *, only_new: bool) -> None:
    """Make tables pair and by_names of what names, dates and places say; rows to keep go to `normalised`.

    With `only_new`, only new records are compared: those that say something else than when the vault last
    compared them, or are of another group. The other pairs are those of the vault.
    """
    from identity.matching import NORMALISED, rules_of_now, score

    con.execute(f"create or replace temp view kept as from vault.normalised where rules = '{rules_of_now()}'")
    new, kept = None, NORMALISED  # what training normalised just before is the same
    if only_new:
        new, kept = "new_record", "kept"
    score(con, model, new=new, kept=kept)
    _keep_normalised(con, community_id, NORMALISED)
    con.execute(_WITHOUT_NAMES)
    if only_new:
        con.execute(_PAIRS_OF_BEFORE, {"version": model.version})
    con.execute(
        "create or replace temp table by_names as "
        "select record_l, record_r, match_weight as name_weight, levels as name_levels from pair"
    )


def _keep_normalised(con: duckdb.DuckDBPyConnection, community_id: str, source: str) -> None:
    from identity.matching import KEPT, rules_of_now

    con.execute(
        f"insert into normalised by name select {', '.join(KEPT)}, group_id, state_id, "
        f"$community_id as community_id, $rules as rules from {source}",
        {"community_id": community_id, "rules": rules_of_now()},
    )


# where a partner hides names, a birth date alone would link in a small community
_WITHOUT_NAMES = "delete from pair where not list_has_any(map_keys(levels), ['first_name', 'last_name'])"

# of two records that say what they said then, and are of two groups still
_PAIRS_OF_BEFORE = """
    insert into pair by name
    select record_l, record_r, name_weight as match_weight,
           1 / (1 + pow(2, -name_weight)) as match_probability, name_levels as levels
    from vault.pair as kept
    inner join record as l on kept.record_l = l.record_id
    inner join record as r on kept.record_r = r.record_id
    where kept.model_version = $version and name_weight is not null and l.group_id <> r.group_id
        and kept.record_l not in (select record_id from new_record)
        and kept.record_r not in (select record_id from new_record)
"""


def _score_codes(con: duckdb.DuckDBPyConnection) -> None:
    """Add to table pair what encodings and hashed national ids say.

    Of all records each time: another secret, or a number that turns out to be several children's, takes back
    what they said before.
    """
    from identity.private.comparing import score_encoded
    from identity.private.hashed_ids import score_hashed_ids
    from identity.private.secret import linkage_secret

    # without the secret nobody encoded would be linked, and nobody would know
    if con.execute("select 1 from record where clk is not null limit 1").fetchone():
        con.execute("create or replace temp view kept_clk as from vault.named_clk")
        compared = score_encoded(con, linkage_secret())
        for warning in compared.warnings():
            logging.getLogger("milepost").warning(warning)
        con.execute("insert into encoded_now by name from named_clk")
    score_hashed_ids(con)


def _kept_model(con: duckdb.DuckDBPyConnection, community_id: str, n_records: int) -> Model | None:
    from identity.matching import Model

    row = con.execute(
        "select content, n_records from vault.model where community_id = ? order by trained_at desc limit 1",
        [community_id],
    ).fetchone()
    if row is None or n_records > OUTGROWN * int(row[1]):
        return None
    try:
        return Model.from_json(row[0])
    except ValueError:  # of another release, with other levels of agreement
        return None
