"""Learning from unlabelled records what agreement says: a prior, u from random pairs, m by EM; unattended."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from identity.matching.comparisons import COMPARISONS
from identity.matching.model import Model, default_model
from identity.matching.normalising import NORMALISED, normalise
from identity.matching.rosters import weigh_look_alikes
from identity.matching.settings import linker, settings

if TYPE_CHECKING:
    import duckdb

    Weights = dict[str, dict[str, tuple[float, float]]]

RECALL = 0.8  # of the rule that finds sure matches: names and birth date all equal
FEWEST_SURE, FEWEST_PAIRS, MOST_PAIRS = 50, 100, 1_500_000
U_PAIRS = 1_500_000
# Defaults count like as many matches, or random pairs, that were seen: few data change them little.
M_STRENGTH, U_STRENGTH = 50, 10_000
LEAST_M, LEAST_U, DIGITS = 5e-4, 1e-7, 4
# What of one child must agree mostly; where EM says otherwise, it found something else than matches.
MUST_AGREE = ("first_name", "last_name", "birth_date", "sex")

# Passes block on different fields, so each field is learned where others already say who is who. A pass
# takes whole blocks, chosen by seed, and tells Splink by the columns of its rule what it cannot learn.
PASSES = {
    "birth date and first name": ("birth_date", "first_name"),
    "birth date and last name": ("birth_date", "last_name"),
    "both names": ("first_name", "last_name"),
}
_NOT_COMPARED = "given_names, place_hash"  # columns of a million records that no copy needs
_APART = "l.partner <> r.partner and l.group_id <> r.group_id"


def train(con: duckdb.DuckDBPyConnection, seed: int) -> Model:
    """A model learned from table `record`; equal records and seed give an equal version.

    The prior is the number of pairs across partners whose names and birth dates are all equal, over RECALL,
    over all such pairs. u is learned from random pairs of a sample in which nobody is known to stand twice, m
    by one EM pass per entry of PASSES. Below FEWEST_SURE such pairs the defaults of comparisons.py stay, and
    a level's values lean on its default the more the fewer pairs there were; `reasons` of the model say what
    was not learned and why. Leaves table `matching_record` in `con`.
    """
    normalise(con)
    _sure(con)
    counts = _counts(con)
    prior, reasons = _prior(counts)
    if counts["sure_pairs"] < FEWEST_SURE:
        few = f"{counts['sure_pairs']} pairs with equal names and birth dates, {FEWEST_SURE} are the fewest"
        return Model(**_of(default_model(prior), (*reasons, f"all weights: {few}"), counts, seed))
    quiet = logging.getLogger("splink")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        u, n_random = _learn_u(con, prior, seed)
        m, more = _learn_m(con, u, prior, seed)
    finally:
        quiet.setLevel(level)
        for table in ("sure", "training", "unlike"):
            con.execute(f"drop table if exists matching_{table}")
    weights, learned, wrong = _settled(m, u, counts["sure_pairs"], n_random)
    weights, alike = weigh_look_alikes(con, weights, prior, counts["sure_pairs"] / RECALL)
    counts["random_pairs"] = n_random
    return Model(prior, weights, learned, (*reasons, *more, *wrong, *alike), counts, seed)


def _of(model: Model, reasons: tuple[str, ...], counts: dict[str, int], seed: int) -> dict[str, Any]:
    return {
        "prior": model.prior, "weights": model.weights, "learned": model.learned, "reasons": reasons,
        "counts": counts, "seed": seed,
    }  # fmt: skip


def _sure(con: duckdb.DuckDBPyConnection) -> None:
    """Table matching_sure (record_id, sure_key): who has both names and a birth date that is no default."""
    con.execute(f"""
        create or replace table matching_sure as
        select record_id, partner, group_id, hash(first_name, last_name, birth_date) as sure_key
        from {NORMALISED}
        where first_name is not null and last_name is not null and birth_key is not null
            and length(first_name) > 1 and length(last_name) > 1
    """)


def _counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    row = con.execute(f"""
        with partners as (select count(*)::hugeint as n from {NORMALISED} group by partner),
        pairs as (
            -- a key of very many is no child's
            select l.sure_key
            from matching_sure as l inner join matching_sure as r using (sure_key)
            semi join (select sure_key from matching_sure group by all having count(*) between 2 and 50)
                using (sure_key)
            where l.record_id < r.record_id and {_APART}
        )
        select (select sum(n) from partners), (select count(*) from partners),
               (select (sum(n) ** 2 - sum(n * n)) / 2 from partners), (select count(*) from pairs)
    """).fetchone()
    assert row is not None
    names = ("records", "partners", "pairs_across_partners", "sure_pairs")
    return {name: int(value or 0) for name, value in zip(names, row, strict=True)}


def _prior(counts: dict[str, int]) -> tuple[float, tuple[str, ...]]:
    """Learned from the sure pairs, else as if half the children of a partner were at each other one, once."""
    if counts["sure_pairs"] >= FEWEST_SURE:
        sure = counts["sure_pairs"] / RECALL / max(counts["pairs_across_partners"], 1)
        return _rounded(min(sure, 0.1)), ()
    per_partner = counts["records"] / max(counts["partners"], 1)
    default = _rounded(min(0.5 / max(per_partner, 1.0), 1 / max(counts["records"], 10)))
    return default, ("prior: too few pairs with equal names and birth dates",)


def _learn_u(con: duckdb.DuckDBPyConnection, prior: float, seed: int) -> tuple[Weights, int]:
    con.execute(f"""
        create or replace table matching_unlike as
        with one_of_a_group as (
            select * from {NORMALISED}
            qualify row_number() over (partition by group_id order by record_id) = 1
        )
        select one.* exclude ({_NOT_COMPARED})
        from one_of_a_group as one left join matching_sure using (record_id)
        qualify sure_key is null
            or row_number() over (partition by sure_key order by one.record_id) = 1
        order by one.record_id
    """)
    n = con.table("matching_unlike").shape[0]
    with linker(con, "matching_unlike", settings(default_model(prior))) as splink:
        splink.training.estimate_u_using_random_sampling(
            max_pairs=U_PAIRS, seed=seed, min_count_per_level=None, num_chunks=4
        )
        u = _read(splink)
    con.execute("drop table matching_unlike")  # a copy of nearly everybody
    return u, min(n * (n - 1) // 2, U_PAIRS)


def _learn_m(
    con: duckdb.DuckDBPyConnection, u: Weights, prior: float, seed: int
) -> tuple[Weights, tuple[str, ...]]:
    _training_table(con, seed)
    reasons = []
    start = default_model(prior)
    both = {
        field: {name: (m, u[field][name][1]) for name, (m, _) in levels.items()}
        for field, levels in start.weights.items()
    }
    with linker(con, "matching_training", settings(Model(prior, both))) as splink:
        for number, (name, columns) in enumerate(PASSES.items()):
            rule = " and ".join([f"l.block_{number} = r.block_{number}", _APART])
            row = con.execute(
                "select count(*) from matching_training as l inner join matching_training as r"
                f" on {rule} and l.record_id < r.record_id"
            ).fetchone()
            assert row is not None
            if row[0] < FEWEST_PAIRS:
                reasons.append(f"pass over {name}: {row[0]} pairs, {FEWEST_PAIRS} are the fewest")
                continue
            rule += "".join(f" and l.{column} = r.{column}" for column in columns)
            session = splink.training.estimate_parameters_using_expectation_maximisation(
                rule, estimate_without_term_frequencies=True
            )
            steps = len(session._core_model_settings_history) - 1  # nothing public counts them
            if steps >= splink._settings_obj.training_settings.max_iterations:
                reasons.append(f"pass over {name}: not settled after {steps} iterations")
        return _read(splink), tuple(reasons)


def _training_table(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Table matching_training: the records with a column block_<n> for each pass, null outside its sample."""
    blocks = ", ".join(
        f"case when {' and '.join(f'{c} is not null' for c in columns)}"
        f" then hash({', '.join(columns)}, {seed}::bigint) end as block_{number}"
        for number, columns in enumerate(PASSES.values())
    )
    con.execute(
        "create or replace table matching_training as"
        f" select * exclude ({_NOT_COMPARED}), {blocks} from {NORMALISED}"
    )
    for number in range(len(PASSES)):
        column = f"block_{number}"
        # whole blocks: half a block would hold a quarter of its matches
        con.execute(f"""
            update matching_training set {column} = null where {column} not in (
                select {column} from (
                    select {column}, sum(count(*) * (count(*) - 1) / 2) over (order by {column}) as pairs
                    from matching_training
                    where {column} is not null
                    group by {column} having count(*) between 2 and 500
                ) where pairs <= {MOST_PAIRS}
            )
        """)


def _read(splink: Any) -> Weights:
    """m and u of every level as Splink has them now; what it did not see is 0."""
    told = splink.misc.save_model_to_json(out_path=None)
    return {
        comparison["output_column_name"]: {
            level["label_for_charts"]: (_number(level, "m"), _number(level, "u"))
            for level in comparison["comparison_levels"]
            if not level.get("is_null_level")
        }
        for comparison in told["comparisons"]
    }


def _number(level: dict[str, Any], which: str) -> float:
    value = level.get(f"{which}_probability")
    return float(value) if isinstance(value, int | float) else 0.0


def _settled(
    m: Weights, u: Weights, n_matches: int, n_random: int
) -> tuple[Weights, dict[str, dict[str, bool]], tuple[str, ...]]:
    """What was learned, leaning on the defaults, and those alone for a field that came out absurd."""
    weights: Weights = {}
    learned: dict[str, dict[str, bool]] = {}
    reasons = []
    for comparison in COMPARISONS:
        name = comparison.name
        levels = [level for level in comparison.levels if not level.is_null]
        was_learned = any(m[name][lv.name][0] != lv.m for lv in levels if not lv.fix_m)
        is_absurd = name in MUST_AGREE and m[name]["exact"][0] < 0.5
        if not was_learned:
            reasons.append(f"{name}: no pass could learn it")
        elif is_absurd:
            reasons.append(f"{name}: agreed in less than half of what EM took for matches")
        takes = was_learned and not is_absurd
        weights[name], learned[name] = {}, {}
        for level in levels:
            m_here = _blend(m[name][level.name][0], n_matches, level.m, M_STRENGTH) if takes else level.m
            u_here = _blend(u[name][level.name][1], n_random, level.u, U_STRENGTH)
            weights[name][level.name] = (
                level.m if level.fix_m else _rounded(max(m_here, LEAST_M)),
                level.u if level.fix_u else _rounded(max(u_here, LEAST_U)),
            )
            learned[name][level.name] = takes and not level.fix_m
    return weights, learned, tuple(reasons)


def _blend(seen: float, n: int, default: float, strength: int) -> float:
    return (seen * n + default * strength) / (n + strength)


def _rounded(value: float) -> float:
    """To DIGITS figures: sums of floats differ in the last ones with the order that threads add them in."""
    return float(f"{value:.{DIGITS - 1}e}")
