"""Encoded children compared with each other and with named ones, encoded here by the same secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from identity.private.encoding import HEX_DIGITS, VERSION, Child, Encoder
from ingestion.errors import MilepostError
from ingestion.wording import counted

if TYPE_CHECKING:
    import duckdb

FLOOR = 0.01  # of the probability, as in matching by names
LEAST_DICE = 0.55  # below, bits speak against one child
MOST_COMPARISONS = 5_000_000  # of children of one birth year; beyond, of those that share a band
BAND_DIGITS = 5  # a band is 20 neighbouring bits: two that share none of 51 are rarely alike
BANDS = HEX_DIGITS // BAND_DIGITS
BATCH = 50_000  # records encoded at a time
# What a Dice coefficient says, in bits: log2 of how much likelier it is of one child than of two of a birth
# year. Counted over made-up children, told twice with the errors that docs/private_linkage.md lists: up to
# 0.8 over 8 million pairs in cohorts of 1,000 with 3 % twins, above over 6 million born on one day, who
# stand for 365 times as many. Straight between.
CALIBRATION = (
    (0.45, -7.0), (0.55, 0.0), (0.6, 3.0), (0.65, 7.0), (0.7, 10.0), (0.75, 11.4), (0.8, 13.0), (0.85, 16.5),
    (0.9, 20.0), (0.95, 22.0),
)  # fmt: skip
SHARE_KNOWN = 0.5  # of the children that a partner encodes, those that another partner knows too
SMALLEST_COHORT = 50  # children of a birth year that a pair is held against, at least


class OtherSecret(MilepostError):
    """No encoding that partners sent was made with this secret, so they can be compared with nobody."""


@dataclass(frozen=True)
class Compared:
    """What came of encodings: `pairs` appended, `encoded` records compared, and those left out by partner.

    `left_out` are (partner, clk_version, records) of encodings under another secret or by another method.
    """

    pairs: int = 0
    encoded: int = 0
    left_out: tuple[tuple[str, str, int], ...] = ()

    def warnings(self) -> Iterator[str]:
        """A sentence for each partner whose encodings say nothing."""
        for partner, version, n in self.left_out:
            why = "with another secret" if version.startswith(f"{VERSION}-") else "by another method"
            yield f"{partner}: {counted(n, 'encoding')} made {why} ({version}), linked to nobody."


def score_encoded(con: duckdb.DuckDBPyConnection, secret: str) -> Compared:
    """Append to table `pair` the pairs of `record` with an encoded child, and tell what was compared.

    Beside what matching by names reads, `record` may have clk and clk_version as a partner sent them, and
    birth_year (INTEGER, NULL where it may not be told); without clk nothing is done. Pairs are of two
    partners, members and groups, with a probability of 0.01 or more. match_weight is what the Dice
    coefficient says (CALIBRATION) and the prior: among the children of its birth year one is the same for
    half of those encoded. levels are {"encoding": "dice 0.93"}. Named children whose encoding stands in view
    kept_clk (record_id, zip_code, version, clk), if there is one, are not encoded again; `named_clk`, with
    the same columns, is left for the next time. OtherSecret, with nothing appended, where there are encodings
    and none of this secret.
    """
    if "clk" not in con.table("record").columns:
        return Compared()
    versions = con.execute(
        "select partner_id, coalesce(clk_version, 'no version'), count(*) from record where clk is not null "
        "group by all order by all"
    ).fetchall()
    if not versions:
        return Compared()
    encoder = Encoder(secret)
    left_out = tuple(row for row in versions if row[1] != encoder.version)
    encoded = sum(row[2] for row in versions) - sum(row[2] for row in left_out)
    if not encoded:
        raise _other_secret(left_out, encoder.version)
    _encode_named(con, encoder)
    con.execute(_CODED.format(has_year=_year(con)), {"version": encoder.version})
    _compare(con)
    row = con.execute(_APPEND.format(bits=_bits("dice"))).fetchone()
    assert row is not None
    for table in ("coded", "alike"):
        con.execute(f"drop table {table}")
    return Compared(int(row[0]), encoded, left_out)


def _other_secret(left_out: tuple[tuple[str, str, int], ...], version: str) -> OtherSecret:
    told = ", ".join(sorted({f"{partner} ({theirs})" for partner, theirs, _ in left_out}))
    return OtherSecret(
        f"The encodings of {told} were made with another secret or by another method than ours ({version})",
        rule="encodings are compared where clk_version is the same",
        next_step="Give the secret that the partner was given, or have it encode again with yours",
    )


def _year(con: duckdb.DuckDBPyConnection) -> str:
    return "birth_year" if "birth_year" in con.table("record").columns else "null"


def _encode_named(con: duckdb.DuckDBPyConnection, encoder: Encoder) -> None:
    """Make table `named_clk`: records with names, those that are not kept encoded in batches by Python."""
    import pyarrow as pa

    has_kept = con.execute("select 1 from duckdb_views() where view_name = 'kept_clk'").fetchone()
    con.execute(
        "create or replace temp table named_clk "
        "(record_id ubigint, zip_code varchar, version varchar, clk varchar)"
    )
    if has_kept:
        con.execute(
            "insert into named_clk select kept.* from kept_clk as kept inner join record "
            "on kept.record_id = record.record_id and kept.zip_code is not distinct from record.zip_code "
            "where kept.version = ?",
            [encoder.version],
        )
    named = con.execute(
        "select record_id, first_name, middle_name, last_name, birth_date, sex, zip_code from record "
        "anti join named_clk using (record_id) where clk is null and birth_date is not null"
    ).to_arrow_table()
    for batch in named.to_batches(BATCH):
        ids, *told = (column.to_pylist() for column in batch.columns)
        zips = batch.column("zip_code")
        digits = [encoder.encode(Child(*child)) for child in zip(*told, strict=True)]
        numbers, texts = pa.array(ids, pa.uint64()), pa.array(digits, pa.string())
        con.register("encoded_batch", pa.table({"record_id": numbers, "zip_code": zips, "clk": texts}))
        con.execute(
            "insert into named_clk by name select *, ? as version from encoded_batch where clk is not null",
            [encoder.version],
        )
        con.unregister("encoded_batch")


_CODED = """
    create or replace temp table coded as
    with told as (
        select record_id, partner_id, member_id, group_id, {has_year}::integer as birth_year, true as is_sent,
               clk
        from record
        where clk_version = $version and regexp_full_match(clk, '[0-9a-f]{{256}}')
        union all
        select record_id, partner_id, member_id, group_id, year(birth_date)::integer, false, named_clk.clk
        from record inner join named_clk using (record_id)
    )
    select *, unhex(clk)::bit as bits, bit_count(unhex(clk)::bit) as n_bits
    from told
"""


def _compare(con: duckdb.DuckDBPyConnection) -> None:
    """Make table `alike` (record_l, record_r, birth_year, dice) of pairs that reach LEAST_DICE.

    Candidates share the birth year where both tell it. Where that is too many, and where a year is not told,
    they share a band too.
    """
    row = con.execute("""
        select coalesce(sum(n_sent * n), 0)
        from (select birth_year, count(*)::hugeint as n, count(*) filter (is_sent) as n_sent from coded
              where birth_year is not null group by birth_year)
    """).fetchone()
    assert row is not None
    of_a_band = "banded as l inner join banded as r using (band, digits)"
    of_a_year = "coded as l inner join coded as r on l.birth_year = r.birth_year"
    candidates = [
        f"select {_PAIR} from {of_a_band} where l.birth_year = r.birth_year"
        if row[0] > MOST_COMPARISONS
        else f"select {_PAIR} from {of_a_year} where true",
        f"select {_PAIR} from {of_a_band} where (l.birth_year is null or r.birth_year is null)",
    ]
    each = " union all ".join(f"{one} {_OF_TWO}" for one in candidates)
    con.execute(f"""
        create or replace temp table alike as
        with banded as (
            select *, unnest(range({BANDS})) as band,
                   substr(clk, band * {BAND_DIGITS} + 1, {BAND_DIGITS}) as digits
            from coded
        ),
        compared as ({each})
        select distinct * from compared where dice >= {LEAST_DICE}
    """)


_PAIR = """
    least(l.record_id, r.record_id) as record_l, greatest(l.record_id, r.record_id) as record_r,
    coalesce(l.birth_year, r.birth_year) as birth_year,
    2 * bit_count(l.bits & r.bits) / (l.n_bits + r.n_bits) as dice
"""
# two that were sent would meet twice
_OF_TWO = """
    and l.is_sent and (not r.is_sent or l.record_id < r.record_id) and l.partner_id <> r.partner_id
    and l.member_id <> r.member_id and l.group_id <> r.group_id
"""
_APPEND = f"""
    insert into pair by name
    with cohort as (
        select birth_year, greatest(count(distinct group_id), {SMALLEST_COHORT}) as n
        from coded
        group by birth_year
    ),
    weighed as (
        select record_l, record_r, round(dice, 2) as told, {{bits}} + log2({SHARE_KNOWN} / n) as match_weight
        from alike inner join cohort on alike.birth_year is not distinct from cohort.birth_year
    )
    select record_l, record_r, match_weight, 1 / (1 + pow(2, -match_weight)) as match_probability,
           map(['encoding'], [printf('dice %.2f', told)]) as levels
    from weighed
    where 1 / (1 + pow(2, -match_weight)) >= {FLOOR}
"""


def _bits(dice: str) -> str:
    """SQL of CALIBRATION at a Dice coefficient, on straight lines between its points and flat beyond them."""
    cases = f"when {dice} <= {CALIBRATION[0][0]} then {CALIBRATION[0][1]} "
    for (low, at_low), (high, at_high) in pairwise(CALIBRATION):
        slope = (at_high - at_low) / (high - low)
        cases += f"when {dice} <= {high} then {at_low} + ({dice} - {low}) * {slope:.6f} "
    return f"case {cases} else {CALIBRATION[-1][1]} end"
