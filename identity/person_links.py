"""Who is who, by shared state ids and partners' own merges: a stable person_id without meaning for each."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.contracts.entities import CANONICAL, load_entities
from ingestion.home import Home
from ingestion.mapping.state_ids import MOST_STUDENTS, is_placeholder
from ingestion.spill import working_database
from ingestion.sql_text import literal

KEY_VARIABLE = "MILEPOST_PERSON_KEY"


@dataclass(frozen=True)
class LinkCounts:
    """How the links were made.

    Conflicts are students whose deliveries name more than one state id; refused are state ids of students
    that are no ids (ingestion/mapping/state_ids.py).
    """

    students: int
    persons: int
    by_state_id: int
    by_partner_id: int
    conflicting_state_ids: int
    refused_state_ids: int


MERGES = 20  # of records merged into merged ones; a circle ends too
STANDARDS = ("standards__student", "standards__person")  # staging's views of the children of standards


def link_persons(home: Home, lake: Home | None = None, *, has_views: bool = False) -> LinkCounts:
    """Write identity/person_links.parquet (partner_id, student_id, person_id, method) from what is in force.

    `method` is state_id, partner_id, or state_id_refused where a state id was sent that is none: such
    students are known by their partner's number. A student whose state id stands in any delivery has it for
    all years. Where deliveries disagree, the latest school year decides, then the annual collection, then
    how often an id was sent, and at last its order: never the order of arrival, so that
    reloading changes nothing. A student whose record the partner merged into another's
    (`replaced_by_student_id`) is that other, over as many as MERGES steps. `lake` is where raw/ is read, such
    as a snapshot; the home itself unless given.
    With `has_views`, the warehouse has the views STANDARDS, and where tables of standards are in force their
    children are among them.
    """
    lake = lake or home
    with working_database(home) as con:
        with_standards = has_views and _has_standards(lake)
        if with_standards:
            con.execute("set file_search_path = ?", [str(home.root)])
            con.execute(f"attach {literal(str(home.warehouse))} as warehouse (read_only)")
        con.execute(_students_sql(lake, with_standards))
        person_files = _files(lake, "person")
        con.execute(_merged_sql(person_files))
        con.execute(_state_ids_sql(person_files, with_standards))
        con.execute(_LINKS, {"key": person_key(home)})
        _write(con, home.person_links)
        row = con.execute(_COUNTS).fetchone()
    assert row is not None
    return LinkCounts(*row)


def person_key(home: Home) -> str:
    """The deployment's secret, made on first use: whoever holds it can compute person ids from state ids."""
    if given := os.environ.get(KEY_VARIABLE):
        return given
    path = home.person_id_key
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)  # two first runs at once: the first key stays, nobody overwrites it
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _files(home: Home, entity: str) -> list[Path]:
    return sorted((home.raw / entity).glob("**/*.parquet"))


def _has_standards(lake: Home) -> bool:
    tables = (name for name, entity in load_entities().items() if entity.standard != CANONICAL)
    return any(any((lake.raw / name).glob("*/*.parquet")) for name in tables)


def _students_sql(home: Home, with_standards: bool) -> str:
    """Every student that any file in force speaks of; an entity without a student_id has none to add."""
    of_students = [name for name, entity in load_entities().items() if "student_id" in entity.columns]
    selects = [
        f"select partner_id, student_id from {_parquet(files)} where student_id is not null"
        for entity in of_students
        if (files := _files(home, entity))
    ]
    if with_standards:
        selects.append(f"select partner_id, student_id from warehouse.staging.{STANDARDS[0]}")
    nothing = "select null::varchar as partner_id, null::varchar as student_id where false"
    # one look for what differs over all of them takes a fifth less time than one each
    return f"create temp table students as select distinct * from ({' union all '.join(selects) or nothing})"


def _merged_sql(person_files: list[Path]) -> str:
    """Numbers that a partner's newest account of them calls merged, each with the one that is left."""
    columns = ("partner_id", "student_id", "extract_id", "collection", "replaced_by_student_id")
    # files of before the column was there have none
    nothing = f"select {', '.join(f'null::varchar as {c}' for c in columns)}, 0 as school_year limit 0"
    told = [f"select * from {_parquet(person_files)}"] if person_files else []
    persons = f"({' union all by name '.join([*told, f'({nothing})'])})"
    return f"""
        create temp table merged as
        with recursive called as (
            -- few partners ever merge anybody, and then a few: the rest is not looked at
            select distinct partner_id, student_id from {persons} where replaced_by_student_id is not null
        ),
        accounts as (
            select partner_id, student_id, extract_id,
                   max_by(coalesce(replaced_by_student_id, ''),
                          (school_year * 2 + (collection = 'annual')::integer, collection)) as other_id
            from {persons} semi join called using (partner_id, student_id)
            group by all
        ),
        replaced as (
            select partner_id, student_id, max(other_id) as other_id
            from accounts
            where other_id not in ('', student_id)
            group by all
        ),
        steps as (
            select partner_id, student_id, other_id, 1 as step
            from replaced
            union all
            select steps.partner_id, steps.student_id, replaced.other_id, step + 1
            from steps inner join replaced
                on steps.partner_id = replaced.partner_id and steps.other_id = replaced.student_id
            where step < {MERGES}
        )
        select partner_id, student_id, max_by(other_id, step) as known_as
        from steps
        group by all
    """


def _state_ids_sql(person_files: list[Path], with_standards: bool) -> str:
    columns = "partner_id, student_id, state_student_id, school_year, collection"
    told = [f"select {columns} from {_parquet(person_files)}"] if person_files else []
    told += [f"select {columns} from warehouse.staging.{STANDARDS[1]}"] if with_standards else []
    nothing = "select null partner_id, null student_id, null state_student_id, 0 school_year, '' collection"
    return f"""
        create temp table state_ids as
        with told as (
            select partner_id, coalesce(known_as, student_id) as student_id,
                   trim(state_student_id) as state_student_id, school_year,
                   max((collection = 'annual')::integer) as is_annual, count(*) as n_rows
            from ({" union all ".join(told) or nothing}) left join merged using (partner_id, student_id)
            where student_id is not null and trim(state_student_id) <> ''
            group by all
        ),
        refused as (
            select state_student_id
            from told
            group by partner_id, school_year, state_student_id
            having count(*) > {MOST_STUDENTS} or {is_placeholder("state_student_id")}
        ),
        ids as (
            select partner_id, student_id,
                   case when state_student_id not in (from refused) then state_student_id end as usable_id,
                   max(school_year * 2 + is_annual) as recency, sum(n_rows) as n_rows
            from told
            group by all
        )
        select partner_id, student_id,
               arg_max(usable_id, (recency, n_rows, usable_id)) as state_student_id,
               count(usable_id) as n_state_ids
        from ids
        group by partner_id, student_id
    """


_LINKS = """
    create temp table links as
    with known as (
        select students.*, coalesce(known_as, student_id) as known_as
        from students left join merged using (partner_id, student_id)
    )
    select
        known.partner_id,
        known.student_id,
        -- 60 bits in 12 characters: DuckDB compares and joins texts of up to 12 without following a pointer
        lower(to_base(('0x' || left(sha256($key || '|' || case
            when state_student_id is not null then 'state|' || state_student_id
            else 'partner|' || known.partner_id || '|' || known_as
        end), 15))::bigint, 32, 12)) as person_id,
        case
            when state_student_id is not null then 'state_id'
            when n_state_ids is not null then 'state_id_refused'
            else 'partner_id'
        end as method,
        coalesce(n_state_ids, 0) > 1 as has_conflict
    from known left join state_ids
        on known.partner_id = state_ids.partner_id and known_as = state_ids.student_id
"""

_COUNTS = """
    select count(*), count(distinct person_id), count(*) filter (method = 'state_id'),
           count(*) filter (method <> 'state_id'), count(*) filter (has_conflict),
           count(*) filter (method = 'state_id_refused')
    from links
"""


def _write(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Readers see the old links or the new ones, never half; ordered, so equal links are equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".parquet.draft")
    con.execute(
        "copy (select partner_id, student_id, person_id, method from links order by all)"
        f" to {literal(str(draft))} (format parquet)"
    )
    draft.replace(path)


def _parquet(files: list[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}], union_by_name = true)"
