"""Comparisons by propensity as a table, for every program whose community asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from publishing.propensity import Children, compare

# program_comparisons, less the method
COLUMNS = """
    community_id varchar, program_id varchar, school_year integer, indicator_id varchar,
    definition_version varchar, dosage varchar, n_participants bigint, n_matched bigint, n_comparisons bigint,
    n_matched_successful bigint, participant_rate double, comparison_rate double, standard_error double,
    absence_before_points double, largest_difference_sd double
"""
RESULT = ("community_id", "school_year", "indicator_id", "definition_version")
# what int_results_described tells beside what children are alike in
NO_CATEGORY = {*RESULT, "person_id", "share_absent_before", "is_in_no_program", "is_success"}


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
    results = con.execute(
        f"select distinct {', '.join(RESULT)} from to_be_compared "
        "inner join taking_part using (community_id, person_id, school_year) order by all"
    ).fetchall()
    into = f"insert into compared values ({', '.join('?' * len(COLUMNS.split(',')))})"
    for result in results:
        community_id, school_year, indicator_id, definition_version = result
        for program_id, children in _children_of_programs(con, result):
            key = (community_id, program_id, school_year, indicator_id, definition_version)
            for comparison in compare(children):
                con.execute(into, [*key, *astuple(comparison)])


def _children_of_programs(
    con: duckdb.DuckDBPyConnection, result: tuple[Any, ...]
) -> Iterator[tuple[str, Children]]:
    """Each program with its participants of one result, and who was in no program.

    The children are looked up once: asked program by program, all results are read once for each of them.
    """
    told = con.execute(
        "select * from to_be_compared where community_id = $community_id and school_year = $school_year "
        "and indicator_id = $indicator_id and definition_version = $definition_version order by person_id",
        dict(zip(RESULT, result, strict=True)),
    ).fetchnumpy()
    place = {person: number for number, person in enumerate(told["person_id"])}
    taking_part = con.execute(
        "select program_id, person_id, dosage from taking_part where community_id = ? and school_year = ?",
        result[:2],
    ).fetchall()
    dosages: dict[str, dict[int, str]] = {}
    for program_id, person_id, dosage in taking_part:
        if person_id in place:
            dosages.setdefault(program_id, {})[place[person_id]] = dosage
    is_in_none = np.ma.filled(told["is_in_no_program"], False)
    for program_id in sorted(dosages):
        dosage = np.full(len(is_in_none), "", dtype=object)
        dosage[[*dosages[program_id]]] = [*dosages[program_id].values()]
        yield program_id, _children(told, dosage, is_in_none | (dosage != ""))


def _children(told: dict[str, Any], dosage: NDArray[Any], chosen: NDArray[np.bool_]) -> Children:
    return Children(
        categories={
            name: np.ma.filled(values[chosen], "unknown")
            for name, values in told.items()
            if name not in NO_CATEGORY
        },
        share_absent_before=np.ma.filled(told["share_absent_before"][chosen], np.nan),
        dosage=dosage[chosen],
        is_success=np.ma.filled(told["is_success"][chosen]),
    )
