"""Comparisons by propensity as a table, for every program whose community asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from typing import Any

import duckdb
import numpy as np

from publishing.propensity import Children, Comparison, compare

# program_comparisons, less the method
COLUMNS = """
    community_id varchar, program_id varchar, school_year integer, indicator_id varchar,
    definition_version varchar, dosage varchar, n_participants bigint, n_matched bigint, n_comparisons bigint,
    n_matched_successful bigint, participant_rate double, comparison_rate double, standard_error double,
    absence_before_points double, largest_difference_sd double
"""
KEY = ("community_id", "program_id", "school_year", "indicator_id", "definition_version")
# what int_results_described tells beside what children are alike in
NO_CATEGORY = {*KEY, "person_id", "dosage", "share_absent_before", "is_in_no_program", "is_success"}


def write_comparisons(
    con: duckdb.DuckDBPyConnection, participants: str, described: str, matching: str
) -> None:
    """Make the temporary table `compared` of COLUMNS from three queries: int_program_participants,
    int_results_described and reference.program_matching. Nothing is described where no program asks for it.
    """
    con.execute(f"create or replace temp table compared ({COLUMNS})")
    con.execute(
        f"create or replace temp table taking_part as select told.* from ({participants}) as told semi join "
        f"(from ({matching}) where method = 'propensity') as chosen using (community_id, program_id)"
    )
    if con.execute("select count(*) from taking_part").fetchone() == (0,):
        return
    con.execute(
        f"create or replace temp table to_be_compared as select told.* from ({described}) as told "
        "semi join taking_part using (community_id, school_year)"
    )
    groups = con.execute(
        f"select distinct {', '.join(KEY)} from to_be_compared "
        "inner join taking_part using (community_id, person_id, school_year) order by all"
    ).fetchall()
    into = f"insert into compared values ({', '.join('?' * len(COLUMNS.split(',')))})"
    for group in groups:
        for comparison in _comparisons(con, group):
            con.execute(into, [*group, *astuple(comparison)])


def _comparisons(con: duckdb.DuckDBPyConnection, group: tuple[Any, ...]) -> Iterator[Comparison]:
    """Those of one program, year and result: its participants, and who was in no program."""
    told = con.execute(
        "select coalesce(taking_part.dosage, '') as dosage, children.* "
        "from to_be_compared as children left join taking_part "
        "on taking_part.program_id = $program_id and taking_part.community_id = children.community_id "
        "and taking_part.person_id = children.person_id and taking_part.school_year = children.school_year "
        "where (taking_part.person_id is not null or children.is_in_no_program) "
        "and children.community_id = $community_id and children.school_year = $school_year "
        "and indicator_id = $indicator_id and definition_version = $definition_version "
        "order by children.person_id",
        dict(zip(KEY, group, strict=True)),
    ).fetchnumpy()
    children = Children(
        categories={
            name: np.ma.filled(values, "unknown") for name, values in told.items() if name not in NO_CATEGORY
        },
        share_absent_before=np.ma.filled(told["share_absent_before"], np.nan),
        dosage=np.ma.filled(told["dosage"]),
        is_success=np.ma.filled(told["is_success"]),
    )
    yield from compare(children)
