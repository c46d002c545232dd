"""The cost of the gate: seconds and peak memory beside hand-written SQL that finds the same violations.

Run `python -m benchmarks.gate`; each side has a process of its own, and both must name the same rows by the
same rules.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb

ROWS = 5_000_000
TARGET = 1.5
CONTRACT = """\
partner: bench
entity: assessment
title: State assessment
agreement: bench
file: "assessment_{school_year}.csv"
key: [student_id, assessment_id, subject, test_date]
columns:
  student_id: {from: [id], required: true}
  school_id: {from: [school]}
  assessment_id: {from: [test], required: true}
  subject: {from: [subject], required: true, in: [reading, math, science]}
  grade_level: {from: [grade]}
  test_date: {from: [date]}
  scale_score: {from: [score], between: [100, 900]}
  performance_level: {from: [level], in: ["1", "2", "3", "4"]}
  is_proficient: {from: [proficient]}
gate:
  - expect_column_values_to_match_regex: {column: school_id, regex: "^S[0-9]{3}$"}
  - expect_column_value_lengths_to_be_between: {column: student_id, min_value: 3, max_value: 12}
"""
# Every planted fault has a stride of its own, so that one row may have several
TABLE = """
    select
        case when i % 100003 = 7 then null when i % 90001 = 11 then 'c' else 'c' || (i // 2) end
            as student_id,
        case
            when i % 80021 = 13 then 'X1' when i % 50 = 0 then null
            else 'S' || lpad((i % 400)::varchar, 3, '0')
        end as school_id,
        'state' as assessment_id,
        case when i % 70001 = 17 then 'art' when i % 2 = 0 then 'reading' else 'math' end as subject,
        case when i % 60013 = 19 then 'KZ' else lpad((3 + i % 6)::varchar, 2, '0') end as grade_level,
        case when i % 110017 = 23 then null else date '2025-04-01' + (i % 30)::int end as test_date,
        (case when i % 120011 = 29 then 901.5 else 100 + i % 801 end)::decimal(18, 4) as scale_score,
        case when i % 130003 = 31 then '9' else (1 + i % 4)::varchar end as performance_level,
        i % 3 = 0 as is_proficient,
        i % 110017 = 23 as test_date__unparsed,
        i % 140009 = 37 as scale_score__unparsed,
        false as is_proficient__unparsed,
        i + 2 as _row_number
    from range({clean}) as r(i)
    union all
    select
        'c' || (i // 2), 'S' || lpad((i % 400)::varchar, 3, '0'), 'state',
        case when i % 2 = 0 then 'reading' else 'math' end,
        lpad((3 + i % 6)::varchar, 2, '0'), date '2025-04-01' + (i % 30)::int,
        ((100 + i % 801) + case when i % 20 = 1 then 0.5 else 0 end)::decimal(18, 4), (1 + i % 4)::varchar,
        i % 3 = 0, false, false, false, {clean} + i + 2
    from range({again}) as r(i)
"""
HIDDEN = {c: f"{c}__unparsed" for c in ("test_date", "scale_score", "is_proficient")}
GRADES = frozenset(["k", *(f"{grade:02}" for grade in range(1, 13))])
COUNTED = (
    *("student_id", "school_id", "assessment_id", "subject", "grade_level"),
    *("test_date", "scale_score", "performance_level", "is_proficient"),
)
BY_HAND = {
    "test_date_is_a_date": "test_date__unparsed",
    "scale_score_is_a_number": "scale_score__unparsed",
    "is_proficient_is_yes_or_no": "is_proficient__unparsed",
    "student_id_is_present": "student_id is null",
    "assessment_id_is_present": "assessment_id is null",
    "subject_is_present": "subject is null",
    "subject_is_an_allowed_code": "subject not in ('reading', 'math', 'science')",
    "scale_score_is_in_range": "scale_score not between 100 and 900",
    "performance_level_is_an_allowed_code": "performance_level not in ('1', '2', '3', '4')",
    "grade_level_is_a_known_code": (
        "lower(trim(grade_level)) not in "
        "('k', '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12')"
    ),
    "contract_school_id_has_its_pattern": "not regexp_matches(school_id, '^S[0-9]{3}$')",
    "student_id_value_lengths_to_be_between": "length(student_id) not between 3 and 12",
}
WARNINGS = ("grade_level_is_a_known_code",)


def by_hand(con: duckdb.DuckDBPyConnection) -> None:
    """Leaves `violations` (rule, _row_number) and the split into quarantined and accepted rows."""
    counters = ", ".join(f"count(*) filter (where {condition})" for condition in BY_HAND.values())
    nulls = ", ".join(f"count({column})" for column in COUNTED)
    counts = con.execute(f"select {counters}, {nulls} from mapped").fetchall()[0]
    failed = [rule for rule, count in zip(BY_HAND, counts, strict=False) if count]
    con.execute("create table violations (rule varchar, _row_number bigint)")
    for rule in failed:
        con.execute(f"insert into violations select '{rule}', _row_number from mapped where {BY_HAND[rule]}")
    everything = ", ".join([*COUNTED, *HIDDEN.values()])
    con.execute(f"""
        insert into violations
        with repeated as (
            select student_id, assessment_id, subject, test_date from mapped
            where student_id is not null and assessment_id is not null and subject is not null
            group by all having count(*) > 1
        ),
        candidates as (
            select m.* from mapped as m semi join repeated as r
            on m.student_id = r.student_id and m.assessment_id = r.assessment_id and m.subject = r.subject
                and m.test_date is not distinct from r.test_date
        ),
        judged as (
            select
                _row_number,
                row_number() over (same order by _row_number) as nth,
                count(*) over (partition by student_id, assessment_id, subject, test_date) as of_key,
                count(*) over same as equal
            from candidates
            window same as (partition by {everything})
        )
        select 'key_is_unique', _row_number from judged where nth > 1 or equal < of_key
    """)
    grave = f"rule not in {(*WARNINGS, '')}"
    con.execute(f"""
        create table quarantined as
        select list(rule), any_value(columns(m.*)) from mapped as m join violations as v using (_row_number)
        where {grave} group by m._row_number
    """)
    con.execute(f"""
        create view accepted as select * from mapped
        where _row_number not in (select _row_number from violations where {grave})
    """)


def by_gate(con: duckdb.DuckDBPyConnection, contract_file: Path) -> None:
    """Leaves `violations` as `by_hand` does, out of the gate's own tables."""
    from expectations.gate import gate
    from expectations.history import NO_HISTORY
    from ingestion.contracts.loading import load_contract

    mapped = SimpleNamespace(table="mapped", unparsed=HIDDEN, period_columns=())
    contract = load_contract(contract_file)
    gate(con, mapped, contract, NO_HISTORY, known_codes={"grade_level": GRADES})  # type: ignore[arg-type]


def measure(side: str, data: Path) -> None:
    """One side in this process: prints seconds, peak memory in MB, violations and their checksum as JSON."""
    if side == "gate":
        from expectations.gx_duckdb import known_expectations

        known_expectations()  # the import is paid once per process, not per delivery
    con = duckdb.connect(config={"threads": 2})
    con.execute(f"create table mapped as from read_parquet('{data / 'mapped.parquet'}')")
    started, cpu = time.perf_counter(), time.process_time()
    if side == "gate":
        by_gate(con, data / "bench__assessment.yml")
    elif side == "hand":
        by_hand(con)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if side == "gate":
        con.execute("""
            create view violations as select name as rule, _row_number
            from gate_violations join gate_rules using (rule) join gate_input using (_row_id)
        """)
    found: list[tuple[object, ...]] = []
    if side != "nothing":
        found = con.execute("""
            select rule, count(*), bit_xor(hash(_row_number))::varchar from violations
            group by rule order by rule
        """).fetchall()
        found += con.execute("select 'accepted', count(*) from accepted").fetchall()
        found += con.execute("select 'quarantined', count(*) from quarantined").fetchall()
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "found": found}))


def compare(rows: int, rounds: int) -> float:
    """Print both sides and return how many times the seconds of hand-written SQL the gate takes."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "bench__assessment.yml").write_text(CONTRACT)
        again = rows // 500
        with duckdb.connect() as con:
            con.sql(TABLE.format(clean=rows - again, again=again)).write_parquet(str(data / "mapped.parquet"))
        best = {side: _best(side, data, rounds) for side in ("nothing", "hand", "gate")}
    differs = [
        pair for pair in zip(best["hand"]["found"], best["gate"]["found"], strict=False) if pair[0] != pair[1]
    ]
    assert best["hand"]["found"] == best["gate"]["found"], f"the two sides name different rows: {differs}"
    ratio = best["gate"]["seconds"] / best["hand"]["seconds"]
    n_rules = len(best["gate"]["found"]) - 2
    print(f"\n{rows:,} rows x 12 columns, {n_rules} rules violated, best of {rounds}, same rows found\n")
    print(f"{'':24}{'seconds':>12}{'CPU seconds':>14}{'peak MB':>10}")
    for side, title in {"nothing": "the table alone", "hand": "hand-written SQL", "gate": "gate"}.items():
        of = best[side]
        print(f"{title:24}{of['seconds']:>12.2f}{of['cpu']:>14.2f}{of['peak']:>10,.0f}")
    of_cpu = best["gate"]["cpu"] / best["hand"]["cpu"]
    print(f"\ngate / hand-written: {ratio:.2f} (target: at most {TARGET}); in CPU seconds {of_cpu:.2f}")
    return ratio


def _best(side: str, data: Path, rounds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.gate", "--side", side, "--data", str(data)]
    runs = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(rounds)
    ]
    return min(runs, key=lambda run: run["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=["nothing", "hand", "gate"], help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        measure(arguments.side, arguments.data)
    else:
        compare(arguments.rows, arguments.rounds)


if __name__ == "__main__":
    main()
