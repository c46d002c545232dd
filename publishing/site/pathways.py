"""Pathways: of one class, how many reached each milepost; the first view, and files for a page's script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from publishing.site.series import SeriesFile, in_script, nested
from publishing.site.source import Row, Source, file_name

STEPS = """
select pathway, cohort_year, step, step_order, percent(share_reached) as value,
    percent(share_low) as value_low,
    percent(share_high) as value_high, suppression, cohort_size, n_reached, data_maturity
from pathway_funnel
where geography_level = 'community' and disaggregate = 'all'
    and cohort_year = last_cohort
order by pathway, step_order
"""
# the last class of which as many steps are known as of any
LAST = """
select pathway, max_by(cohort_year, (n_steps, cohort_year)) as last_cohort
from (
    select pathway, cohort_year, count(distinct step) as n_steps from pathway_funnel
    where geography_level = 'community' and disaggregate = 'all' group by all
) group by pathway
"""
LEAF = """case suppression
    when '' then json_array(cohort_size, percent(share_reached), percent(share_low), percent(share_high))
    when 'coded_low' then json_array(suppression, cohort_size, percent(share_high))
    when 'coded_high' then json_array(suppression, cohort_size, percent(share_low))
    when 'rounded' then json_array(suppression, cohort_size, percent(share_low), percent(share_high))
    else json_array(suppression) end"""
FILE = ("pathway", "geography_level")
BRANCHES = ("geography_id", "cohort_year", "disaggregate", "subgroup", "step")


def pathways(source: Source) -> list[Row]:
    """Each pathway with its steps in order, and what became of all children of its last whole class."""
    rows = source.rows(
        STEPS.replace("from pathway_funnel", f"from pathway_funnel inner join ({LAST}) using (pathway)")
    )
    about = {
        row["indicator_id"]: row
        for row in source.rows(
            "select indicator_id, any_value(title) as title, any_value(caveats) as caveats"
            " from indicators where stage = 'pathway' group by indicator_id"
        )
    }
    steps: dict[str, list[str]] = {}
    for row in source.rows(
        "select distinct pathway, step, step_order from pathway_funnel order by step_order, step"
    ):
        steps.setdefault(row["pathway"], []).append(row["step"])
    return [
        {**about[pathway], "first_view": list(of_one), "steps": steps[pathway]}
        for pathway, of_one in groupby(rows, key=lambda row: row["pathway"])
    ]


def pathway_files(source: Source) -> Iterator[SeriesFile]:
    """One file per pathway and level: place -> class -> disaggregate -> subgroup -> step -> cell."""
    query = nested("pathway_funnel", "true", LEAF, FILE, BRANCHES)
    found: list[tuple[Any, ...]] = source.con.execute(f"select * from ({query}) order by all").fetchall()
    for pathway, level, tree in found:
        key = f"{pathway}.{level}"
        path = f"data/{file_name(pathway)}/{file_name(level)}.js"
        text = f"milepost.take({in_script(json.dumps(key))},{in_script(tree)});\n"
        yield SeriesFile(pathway, key, path, text)
