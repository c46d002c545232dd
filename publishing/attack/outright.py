"""What a release tells outright, without any sum: markers, small numbers, changes since an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing.attack.report import Finding
from publishing.attack.told import CELL_KEY, SHOWN

if TYPE_CHECKING:
    import duckdb

_PLACE = "geography_level || ' ' || geography_id"
_SUBGROUP = "disaggregate || ' ' || subgroup"
_CELL = f"community_id, indicator_id, school_year, {_PLACE} as place, {_SUBGROUP} as subgroup"
_NOW = "(select * from value_row where release_id = '')"
# what is held was shown by the rules of its release, and just so
_NEWS = f"""
(select * from value_row as now where release_id = '' and not (held_since is not null and exists (
    select 1 from shown_before as past
    where {" and ".join(f"now.{column} = past.{column}" for column in CELL_KEY.split(", "))}
        and {" and ".join(f"now.{column} is not distinct from past.{column}" for column in SHOWN)}
)))"""
_BAND = "greatest(band_smallest, floor(band_share * denominator + 1e-9))"
_MOVED = "abs(now.denominator - past.denominator)"
_MOVED_X = "abs(now.numerator - past.numerator)"
# how many came or went at least, and at most, where numbers may be rounded
_LEAST_APART = "greatest(0, now.n_low - past.n_high, past.n_low - now.n_high)"
_MOST_APART = "greatest(now.n_high - past.n_low, past.n_high - now.n_low)"
# without a count there are whole percents, and bands of five: what is finer tells of how many children it is
_FINER = "coalesce(abs({parts} * {end} - round({parts} * {end})) > 1e-6, false)"
# a rate outside of every band is more than band_share; as a percentage it is rounded by so much
_HALF = 0.005 + 1e-9
CHECKS = {
    "marker": f"""
        select community_id, '' as indicator_id, null as school_year, '' as place, '' as subgroup,
            'hidden numbers carry more than one marker ('
            || string_agg(distinct suppression, ', ' order by suppression)
            || '), which tells small groups from those that protect them' as how
        from {_NOW} where denominator is null and suppression not like 'coded_%' and value is null
        group by community_id having count(distinct suppression) > 1""",
    "hidden row": f"""
        select {_CELL}, 'a hidden row holds a number' as how from {_NOW}
        where denominator is null and (
            numerator is not null
            or suppression not in ('', 'coded_low', 'coded_high')
                and coalesce(value, value_low, value_high) is not null
            or {_FINER.format(end="value", parts=100)}
            or {_FINER.format(end="value_low", parts=20)} or {_FINER.format(end="value_high", parts=20)}
        )""",
    "small group": f"""
        select {_CELL}, 'a group under the minimum is shown' as how
        from {_NEWS} inner join rules using (community_id) where n_high < minimum_denominator""",
    "band": f"""
        select {_CELL}, 'a numerator so near none or all of the children is shown, not a band' as how
        from {_NEWS} inner join rules using (community_id)
        where least(numerator, denominator - numerator) <= {_BAND}
            or numerator is null and value not between band_share - {_HALF} and 1 - band_share + {_HALF}""",
    # a group that grew or shrank by less than the minimum is a small group, and its results can be subtracted
    "earlier release": f"""
        select {_CELL.replace("community_id", "now.community_id", 1)},
            'its denominator differs from release ' || past.release_id
            || ' by fewer children than the minimum,'
            || ' and both are shown' as how
        from {_NOW} as now
        inner join (select * from value_row where release_id <> '') as past using ({CELL_KEY})
        inner join rules on now.community_id = rules.community_id
        where {_LEAST_APART} > 0 and {_MOST_APART} < minimum_denominator""",
    # so many successes more or less are those of who came or went, or of children corrected one by one
    "earlier result": f"""
        select {_CELL.replace("community_id", "now.community_id", 1)},
            'its numerator differs from release ' || past.release_id
            || ' by what tells of few children, and both are shown' as how
        from {_NOW} as now
        inner join (select * from value_row where release_id <> '') as past using ({CELL_KEY})
        inner join rules on now.community_id = rules.community_id
        where case
            when {_MOVED} = 0 then {_MOVED_X} between 1 and minimum_denominator - 1
            when {_MOVED} >= minimum_denominator then
                least({_MOVED_X}, abs({_MOVED} - {_MOVED_X}))
                <= greatest(band_smallest, floor(band_share * {_MOVED} + 1e-9))
        end""",
}


def told_outright(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Findings of every check, in the order of their keys; reads `value_row` and `rules`."""
    found = []
    for kind, sql in CHECKS.items():
        rows = con.execute(f"select * from ({sql}) order by all").fetchall()
        found += [Finding(kind, *row) for row in rows]
    return found
