"""What the published tables say of each cell: known numbers, bands, and what derived tables give away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.configuration.community_file import SMALLEST_MINIMUM
from ingestion.sql_text import literal

if TYPE_CHECKING:
    import duckdb

# one indicator, version, year and collection; tables share no sum, but may count the same children
TABLE_KEY = "community_id, indicator_id, definition_version, school_year, collection"
CELL_KEY = f"{TABLE_KEY}, geography_level, geography_id, disaggregate, subgroup"
# column of disclosure_rules -> what holds where none is published, and its type
RULES = {
    "minimum_denominator": ("10", "bigint"),
    "smallest_width": ("null", "bigint"),
    "rounded_under": ("null", "bigint"),
    "band_smallest": ("4", "bigint"),
    "band_share": ("0.05", "double"),
}
# what makes two rows of a cell the same
SHOWN = ("denominator", "rounded_to", "numerator", "value", "suppression")
NO_NUMBER_DUE = "('not_received', 'not_applicable')"
# further decimals of a rate than these are told by no one: it is exact
EXACT_DECIMALS = 7


@dataclass(frozen=True)
class Derived:
    """A published table that is computed of others: what each of its rows says of a cell."""

    columns: frozenset[str]
    sql: str


_OWN = "coalesce(value, reference_value + gap_points / 100, reference_value * ratio)"
_PLACE = "geography_level, geography_id"
DERIVED: Mapping[str, Sequence[Derived]] = {
    "indicator_gaps": (
        Derived(
            frozenset({"denominator", "value", "reference_value", "gap_points", "ratio"}),
            f"select {CELL_KEY}, denominator, null::bigint as numerator, {_OWN} as rate",
        ),
        Derived(
            frozenset({"reference", "reference_subgroup", "reference_value", "value", "gap_points"}),
            f"select {TABLE_KEY}, {_PLACE}, if(reference = 'total', 'all', disaggregate), "
            "reference_subgroup, null, null, coalesce(reference_value, value - gap_points / 100)",
        ),
    ),
    "indicator_trends": (
        Derived(frozenset({"value"}), f"select {CELL_KEY}, null, null, value"),
        Derived(
            frozenset({"baseline_year", "baseline_value", "change_points", "value"}),
            "select community_id, indicator_id, definition_version, baseline_year, collection, "
            f"{_PLACE}, disaggregate, subgroup, null, null, "
            "coalesce(baseline_value, value - change_points / 100)",
        ),
    ),
    "gap_drivers": (
        Derived(
            frozenset({"denominator", "value", "geography_id"}),
            f"select {TABLE_KEY}, 'school', geography_id, disaggregate, subgroup, "
            "nullif(denominator, 0), null, if(denominator > 0, value, null)",
        ),
    ),
    "pathway_funnel": (
        Derived(
            frozenset({"pathway", "step", "cohort_year", "cohort_size", "n_reached", "share_reached"}),
            f"select community_id, pathway, step, cohort_year, 'annual', {_PLACE}, disaggregate, subgroup, "
            "cohort_size, n_reached, share_reached",
        ),
    ),
    "interim_projections": (
        Derived(frozenset({"interim_value"}), f"select {CELL_KEY}, null, null, interim_value"),
        Derived(
            frozenset({"annual_value"}),
            "select community_id, indicator_id, definition_version, school_year, 'annual', "
            f"{_PLACE}, disaggregate, subgroup, null, null, annual_value",
        ),
    ),
}


def read_told(
    con: duckdb.DuckDBPyConnection, published: str, earlier: Mapping[str, str], ever: str | None = None
) -> None:
    """Make temp tables `rules`, `value_row`, `slot`, `tbl` and `told` of schema `published`.

    `earlier` is release id -> a relation like indicator_values, `ever` one of all that was shown before. Of
    `told`, a row per table and slot: n_low, n_high (NULL: no end), x_low, x_high (NULL: up to n), and
    `told_by`, the table beside indicator_values that gave a number away. A hidden row says that there is at
    least one child.
    """
    _read_rules(con, published)
    _read_rows(con, published, earlier, ever)
    _read_derived(con, published)
    for statement in (_SLOTS, _TABLES, _TOLD.format(epsilon=_half_unit(con))):
        con.execute(statement)


def columns_of(con: duckdb.DuckDBPyConnection, published: str) -> dict[str, set[str]]:
    """Table -> columns of schema `published`, which may name its database too; views count as tables."""
    database, _, schema = published.rpartition(".")
    where = f" and database_name = {literal(database)}" if database else ""
    rows = con.execute(
        f"select table_name, column_name from duckdb_columns() where schema_name = {literal(schema)}{where}"
    ).fetchall()
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return found


def _read_rules(con: duckdb.DuckDBPyConnection, published: str) -> None:
    """Temp table `rules`, a row per community: as disclosure_rules tells, else as usual."""
    columns = columns_of(con, published).get("disclosure_rules", set())
    told = ", ".join(
        f"max({column if column in columns else usual})::{kind} as {column}"
        for column, (usual, kind) in RULES.items()
    )
    source = f"{published}.disclosure_rules" if columns else f"{published}.indicator_values"
    con.execute(
        "create or replace temp table rules as "
        f"select *, coalesce(smallest_width, minimum_denominator // 3) as width "
        f"from (select community_id, {told} from {source} group by all)"
    )


def _read_rows(
    con: duckdb.DuckDBPyConnection, published: str, earlier: Mapping[str, str], ever: str | None
) -> None:
    """Temp table `value_row`: rows of indicator_values, n_low and n_high whom a denominator may stand for.

    And `shown_before`: what earlier releases showed of a cell, also those that are no longer kept.
    """
    columns = (
        f"{CELL_KEY}, denominator::bigint as denominator, numerator::bigint as numerator, "
        "value::double as value, "
        "value_low::double as value_low, value_high::double as value_high, suppression"
    )
    now = f"{published}.indicator_values"
    parts = [f"select '' as release_id, {columns}, {_newer(con, now)} from {now}"]
    parts += [
        f"select {literal(release)}, {columns}, {_newer(con, relation)} from {relation} as past "
        f"semi join {published}.indicator_values using ({TABLE_KEY})"
        for release, relation in earlier.items()
    ]
    con.execute(f"create or replace temp table value_row as {_ROWS.format(rows=' union all '.join(parts))}")
    cells = f"select {CELL_KEY}, {', '.join(SHOWN)}"
    before = [f"{cells} from value_row where release_id <> ''", *([f"{cells} from {ever}"] if ever else [])]
    con.execute(f"create or replace temp table shown_before as {' union '.join(before)}")


def _newer(con: duckdb.DuckDBPyConnection, relation: str) -> str:
    """SQL of the columns that older releases lack: their numbers are exact, and nothing says what is held."""
    there = {name for name, *_ in con.execute(f"select * from {relation} limit 0").description}
    wanted = {"rounded_to": "integer", "held_since": "varchar"}
    return ", ".join(
        f"{name if name in there else f'null::{kind}'} as {name}" for name, kind in wanted.items()
    )


def _read_derived(con: duckdb.DuckDBPyConnection, published: str) -> None:
    """Temp table `derived`: what other tables say of cells that indicator_values hides or shows as a band."""
    there = columns_of(con, published)
    con.execute(
        "create or replace temp table derived_row as select * from ("
        "select community_id, indicator_id, definition_version, school_year, collection, geography_level, "
        "geography_id, disaggregate, subgroup, denominator, numerator, value as rate, '' as told_by "
        "from value_row where false)"
    )
    for table, kinds in DERIVED.items():
        for kind in kinds:
            if kind.columns <= there.get(table, set()):
                con.execute(f"insert into derived_row {kind.sql}, {literal(table)} from {published}.{table}")
    con.execute(
        f"""
        create or replace temp table derived as
        select {CELL_KEY}, max(told.denominator) as n, max(told.numerator) as x, max(told.rate) as rate,
            min(told_by) as told_by
        from derived_row as told
        semi join (select * from value_row where release_id = '' and numerator is null) using ({CELL_KEY})
        where told.denominator is not null or told.numerator is not null or told.rate is not null
        group by {CELL_KEY}
        """
    )


def _half_unit(con: duckdb.DuckDBPyConnection) -> float:
    """How far a printed rate may lie from the true one: half of its last decimal; 0 where it is exact."""
    (decimals,) = con.execute(
        "select max(list_first(list_filter(range(8), lambda k: abs(value - round(value, k::int)) < 1e-9)))"
        " from value_row where value is not null"
    ).fetchall()[0]
    (uneven,) = con.execute(
        f"select count(*) from value_row where abs(value - round(value, {EXACT_DECIMALS})) >= 1e-9"
    ).fetchall()[0]
    return 0.0 if uneven or decimals is None else 0.5 * 10.0 ** -int(decimals)


# A number that is shown is of at least the minimum, and a rounded one stands for all that it is rounded from:
# by the rules of now, or, of what an earlier release showed, by those that every community has.
_ROWS = f"""
with ruled as (
    select
        value_row.*,
        if(is_now, minimum_denominator, {SMALLEST_MINIMUM}) as least,
        if(is_now, rounded_under - 1, null) as most
    from (select *, release_id = '' and held_since is null as is_now from ({{rows}})) as value_row
    inner join rules using (community_id)
    where suppression not in {NO_NUMBER_DUE}
)
select
    * exclude (is_now, least, most),
    case
        when rounded_to is null then denominator
        when denominator = rounded_to then least
        else greatest(least, ceil(denominator - rounded_to / 2))
    end::bigint as n_low,
    if(rounded_to is null, denominator, least(most, ceil(denominator + rounded_to / 2) - 1))::bigint as n_high
from ruled
"""
_SLOT = "community_id, geography_level, geography_id, disaggregate, subgroup"
_SLOTS = f"""
create or replace temp table slot as
select (row_number() over (order by {_SLOT}))::bigint as slot_id, {_SLOT}
from (select distinct {_SLOT} from value_row)
"""
_TABLES = f"""
create or replace temp table tbl as
select
    (row_number() over (order by {TABLE_KEY}, release_id))::bigint as table_id,
    (dense_rank() over (order by community_id, indicator_id, school_year))::bigint as unit_id,
    {TABLE_KEY}, release_id,
    -- what is held was published by rules that may have been less strict, though not than those of everybody
    rules.* exclude (community_id) replace (
        if(is_held, {SMALLEST_MINIMUM}, minimum_denominator) as minimum_denominator,
        if(is_held, least(width, {SMALLEST_MINIMUM} // 3), width) as width,
        if(is_held, {RULES["band_smallest"][0]}, band_smallest) as band_smallest,
        if(is_held, {RULES["band_share"][0]}, band_share) as band_share
    )
from (
    select {TABLE_KEY}, release_id, bool_or(held_since is not null) as is_held
    from value_row group by all
)
inner join rules using (community_id)
"""
# The band that rules allow is known of a number of now; an earlier one may be of other rules.
_TOLD = f"""
create or replace temp table told as
with numbers as (
    select
        tbl.table_id, slot.slot_id, value_row.suppression, value_low, value_high,
        value_row.suppression <> 'suppressed' and value_row.denominator is not null as is_shown,
        coalesce(value_row.n_low, if(release_id = '', derived.n, null)) as n_low,
        coalesce(value_row.n_high, if(release_id = '', derived.n, null)) as n_high,
        coalesce(value_row.numerator, if(release_id = '', derived.x, null)) as x,
        coalesce(value_row.value, if(release_id = '', derived.rate, null)) as rate,
        if(release_id = '', derived.told_by, null) as told_by,
        release_id = '' and held_since is null as is_now, band_smallest, band_share
    from value_row
    inner join tbl using ({TABLE_KEY}, release_id)
    inner join slot using ({_SLOT})
    left join derived using ({CELL_KEY})
),
groups as (
    select * replace (coalesce(n_low, 1) as n_low),
        n_high is not null as has_n,
        if(is_now, greatest(band_smallest, floor(band_share * n_high + 1e-9)), n_high) as r
    from numbers
)
select
    table_id, slot_id, suppression, told_by, is_shown, n_low, n_high,
    case
        when x is not null then x
        when not has_n then 0
        when rate is not null then ceil((rate - {{epsilon}}) * n_low - 1e-6)
        when suppression = 'coded_low' then 0
        when suppression = 'coded_high' then greatest(0, n_low - r, ceil(value_low * n_low - 1e-6))
        else 0
    end::bigint as x_low,
    case
        when x is not null then x
        when not has_n then null
        when rate is not null then floor((rate + {{epsilon}}) * n_high + 1e-6)
        when suppression = 'coded_low' then least(n_high, r, floor(value_high * n_high + 1e-6))
        else n_high
    end::bigint as x_high
from groups
"""
