"""Every published number of an indicator as files for a page's script: per version, collection and level.

A file calls `milepost.take(key, tree)`. The tree is place -> disaggregate -> subgroup -> school year -> cell,
in percent with one decimal. A cell is `[children, share, low, high]`, with a fifth element where the number
is preliminary; `["coded_low", children, end]` and `["coded_high", children, end]` for a band;
`["rounded", children, low, high]` for a range; `["suppressed"]` or `["not_received"]`; null where it is
not told, as children and interval of a percentage. `gaps` has the same branches and leaves
`[points, low, high, status, children to close, subgroup compared with]`, `trends` those without years and
`[since, points, low, high, status]` of the last one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from publishing.site.source import Source, file_name

FILE = ("indicator_id", "definition_version", "collection", "geography_level")
BRANCHES = ("geography_id", "disaggregate", "subgroup")
CELL = """case suppression
    when '' then case data_maturity
        when 'preliminary' then json_array(denominator, percent(value), percent(value_low),
            percent(value_high), 1)
        else json_array(denominator, percent(value), percent(value_low), percent(value_high)) end
    when 'coded_low' then json_array(suppression, denominator, percent(value_high))
    when 'coded_high' then json_array(suppression, denominator, percent(value_low))
    when 'rounded' then json_array(suppression, denominator, percent(value_low), percent(value_high))
    else json_array(suppression) end"""
GAP = """json_array(points(gap_points), points(gap_points_low), points(gap_points_high), gap_status,
    children_to_close, reference_subgroup)"""
TREND = """json_array(baseline_year, points(change_points), points(change_points_low),
    points(change_points_high), status)"""


@dataclass(frozen=True)
class SeriesFile:
    """One file: `key` is version.collection.level; `path` is beneath the site's folder."""

    indicator_id: str
    key: str
    path: str
    text: str


def series_files(source: Source) -> Iterator[SeriesFile]:
    """The files of all indicators, one after another."""
    parts = {
        "values": _tree("indicator_values", "true", CELL, by_year=True),
        "gaps": _tree("indicator_gaps", "reference = 'best_off'", GAP, by_year=True),
        "trends": _tree("indicator_trends", "is_latest", TREND, by_year=False),
    }
    keys = ", ".join(FILE)
    found = source.con.execute(
        f"select {keys}, tree_values.tree, tree_gaps.tree, tree_trends.tree"
        f" from ({parts['values']}) as tree_values"
        f" left join ({parts['gaps']}) as tree_gaps using ({keys})"
        f" left join ({parts['trends']}) as tree_trends using ({keys}) order by {keys}"
    )
    while row := found.fetchone():
        indicator, version, collection, level, values, gaps, trends = row
        key = f"{version}.{collection}.{level}"
        names = (file_name(name) for name in (version, collection, level))
        tree = f'{{"values":{values},"gaps":{gaps or "{}"},"trends":{trends or "{}"}}}'
        text = f"milepost.take({in_script(json.dumps(key))},{in_script(tree)});\n"
        yield SeriesFile(indicator, key, f"data/{file_name(indicator)}/{'.'.join(names)}.js", text)


def _tree(table: str, condition: str, leaf: str, by_year: bool) -> str:
    """One of the three parts of a file; pathways have a page of their own."""
    branches = (*BRANCHES, "school_year") if by_year else BRANCHES
    no_pathway = "indicator_id not in (select indicator_id from indicators where stage = 'pathway')"
    return nested(table, f"{condition} and {no_pathway}", leaf, FILE, branches)


def nested(table: str, condition: str, leaf: str, file: Sequence[str], branches: Sequence[str]) -> str:
    """A query with a row per `file`; its column `tree` is the JSON text of nested objects, keys in order."""
    left = list(branches)
    columns = ", ".join([*file, *left])
    query = f"select {columns}, ({leaf})::varchar as tree from {table} where {condition}"
    while left:
        last = left.pop()
        kept = ", ".join([*file, *left])
        query = (
            f"select {kept}, '{{' || string_agg(to_json({last}::varchar)::varchar || ':' || tree, ','"
            f" order by {last}) || '}}' as tree from ({query}) group by {kept}"
        )
    return query


def in_script(text: str) -> str:
    """JSON text that ends no script element and no line, whatever stands in it."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
