"""Records with a known truth, in table `record` with a column `truth`: FEBRL, Riverbend, or very many."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.sql_text import literal

if TYPE_CHECKING:
    import duckdb

SAMPLES = "MILEPOST_SAMPLES"


def febrl_folder() -> Path | None:
    """Where FEBRL's files are, or None."""
    folder = Path(os.environ.get(SAMPLES, "/nowhere")) / "linkage_febrl_1_3"
    return folder if folder.is_dir() else None


def write_febrl(con: duckdb.DuckDBPyConnection, number: int, *, with_numbers: bool) -> None:
    """Table record of a FEBRL file; with its person numbers as hashed national ids, or without any.

    Every record is a partner of its own: a roster that has nobody twice would tell what is to be found out.
    """
    folder = febrl_folder()
    assert folder is not None
    hashed = "'sha256:' || sha256(trim(soc_sec_id))" if with_numbers else "null::varchar"
    con.execute(f"""
        create or replace table record as
        with read as (
            select row_number() over ()::ubigint as record_id, columns(c -> true)
            from read_csv({literal(str(folder / f"dataset{number}.csv"))}, header = true, all_varchar = true,
                          normalize_names = true)
        )
        select record_id, rec_id as partner_id, record_id as member_id, record_id as group_id,
               trim(given_name) as first_name, null::varchar as middle_name, trim(surname) as last_name,
               try_strptime(trim(date_of_birth), '%Y%m%d')::date as birth_date, null::varchar as sex,
               nullif(trim(concat_ws(' ', trim(street_number), trim(address_1), trim(address_2))), '')
                   as address,
               trim(postcode) as zip_code, null::varchar as household, 2024 as first_year, 2024 as last_year,
               {hashed} as hashed_national_id,
               regexp_extract(rec_id, 'rec-([0-9]+)', 1)::ubigint as truth
        from read
    """)


def write_riverbend(con: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Table record of the made-up community: what schools, clinics, registries and programs know of whom.

    Groups are shared state ids, as the core makes them; addresses stand where those partners send them.
    Whoever staff of a partner could not know apart is in it as sent.
    """
    people, places = (
        f"read_parquet({literal(str(truth / f'{name}.parquet'))})" for name in ("person", "household_year")
    )
    known, everyone = (
        f"read_parquet({literal(str(truth / f'{name}.parquet'))})"
        for name in ("partner_person", "inhabitant")
    )
    con.execute(_RIVERBEND.format(people=people, places=places, known=known, everyone=everyone))


_RIVERBEND = """
        create or replace table record as
        with schools as (
            select partner_id, student_id, true_person_id,
                   first_name, middle_name, last_name, birth_date, gender,
                   max_by(address, school_year) as address, max_by(zip_code, school_year) as zip_code,
                   any_value(state_student_id) as state_id, min(school_year) as first_year,
                   max(school_year) as last_year
            from {people} where not is_held_back
            group by all
        ),
        homes as (
            select true_person_id, max_by(address, school_year) as address,
                   max_by(zip_code, school_year) as zip_code
            from {everyone} inner join {places} using (family)
            group by all
        ),
        others as (
            select partner_id, student_id, true_person_id,
                   first_name, middle_name, last_name, birth_date, gender,
                   case when partner_id in ('riverbend_health', 'prairie_childrens', 'housing_authority')
                       then address end as address,
                   case when partner_id in ('riverbend_health', 'prairie_childrens', 'housing_authority',
                       'birth_registry') then zip_code end as zip_code,
                   null as state_id, null as first_year, null as last_year
            from {known} left join homes using (true_person_id)
        ),
        told as (from schools union all by name from others)
        select
            row_number() over (order by partner_id, student_id, first_name, last_name, birth_date)::ubigint
                as record_id,
            partner_id,
            dense_rank() over (order by partner_id, student_id)::ubigint as member_id,
            dense_rank() over (
                order by coalesce('state|' || state_id, partner_id || '|' || student_id)
            )::ubigint as group_id,
            state_id, first_name, middle_name, last_name, birth_date, gender as sex, address, zip_code,
            null::varchar as household, first_year::integer as first_year, last_year::integer as last_year,
            true_person_id::ubigint as truth
        from told
"""
_SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnprst" for vowel in "aeio"]


def write_many(con: duckdb.DuckDBPyConnection, records: int, new: int = 0) -> None:
    """Table record of two partners with `records` each, 70 % of them children of both; the second has errors.

    Names are of syllables, frequent and rare as names are (Zipf). Of the second partner's records 2 in 100
    have a letter of the first name wrong, 2 of the last, 1 another last name, 0.5 the two swapped,
    3 no birth date, 1 day and month swapped, 1 another year, 30 another address. `new` more records, of
    children of both partners, come from a third; they are table `arrived` (record_id) too.
    """
    listed = literal(_SYLLABLES)
    con.execute(_MANY.format(listed=listed, n=len(_SYLLABLES), records=records, most=2 * records + new))


_MANY = """
        create or replace macro share(number, what) as (hash(hash(number, what)) >> 11) / 9007199254740992.0;
        create or replace macro whole(number, what, n) as (share(number, what) * n)::bigint;
        -- a hash of two values is hardly mixed, so it is hashed again
        -- the k-th name is as frequent as 1 / (30 + k): the first of 120,000 has 4 of 1,000 people
        create or replace macro ranked(number, what, n) as
            floor(30 * (pow(1 + n / 30, share(number, what)) - 1))::bigint;
        create or replace macro worded(rank, parts) as array_to_string(list_transform(range(parts),
            lambda i: ({listed})[1 + (hash(rank * 8 + i) % {n})::bigint]), '');
        create or replace macro misspelt(name, number) as
            left(name, 2 + whole(number, 'letter', length(name) - 2)) || 'e'
            || substr(name, 4 + whole(number, 'letter', length(name) - 2));
        create or replace table child as
        select number, worded(ranked(number, 'first', 6000), 2) || 'n' as first_name,
               case when share(number, 'has middle') < 0.6
                   then chr(65 + whole(number, 'middle', 25)::integer) end as middle_name,
               worded(ranked(number // 2, 'last', 120000), 3) as last_name,
               date '2004-01-02' + whole(number, 'birthday', 6800)::integer as birth_date,
               case when share(number, 'sex') < 0.5 then 'female' else 'male' end as sex,
               whole(number // 2, 'house', 9000) || ' ' || worded(whole(number // 2, 'street', 4000), 3)
                   || ' street' as address,
               (55000 + whole(number // 2, 'zip', 400))::varchar as zip_code
        from range({records} * 13 // 10) as numbers (number);
        create or replace table record as
        with wrong as (
            select *, share(number, 'which error') as e, share(number, 'which date') as d from child
        ),
        others as (
            select number,
                   case when e < 0.02 then misspelt(first_name, number)
                       when e between 0.05 and 0.055 then last_name else first_name end as first_name,
                   middle_name,
                   case when e between 0.02 and 0.04 then misspelt(last_name, number)
                       when e between 0.04 and 0.05 then worded(ranked(number, 'new last', 120000), 3)
                       when e between 0.05 and 0.055 then first_name else last_name end as last_name,
                   case when d < 0.03 then null
                       when d < 0.04 and day(birth_date) <= 12
                           then make_date(year(birth_date), day(birth_date), month(birth_date))
                       when d between 0.04 and 0.05 then (birth_date + interval 1 year)::date
                       else birth_date end as birth_date,
                   sex,
                   case when share(number, 'moved') < 0.3
                       then whole(number, 'new house', 9000) || ' '
                           || worded(whole(number, 'new street', 4000), 3) || ' st'
                       else address end as address,
                   case when share(number, 'moved') < 0.3
                       then (55000 + whole(number, 'new zip', 400))::varchar else zip_code end as zip_code
            from wrong
        ),
        told as (
            select number, 0 as partner, * exclude (number) from child where number < {records}
            union all by name
            select *, 1 as partner from others where number >= {records} * 3 // 10
            union all by name
            select *, 2 as partner from others where number >= {records} * 3 // 10 limit {most}
        )
        select row_number() over (order by partner, number)::ubigint as record_id,
               'partner ' || partner as partner_id, record_id as member_id, record_id as group_id,
               first_name, middle_name, last_name, birth_date, sex, address, zip_code,
               null::varchar as household, 2024 as first_year, 2025 as last_year,
               number::ubigint as truth
        from told;
        create or replace table arrived as select record_id from record where partner_id = 'partner 2';
        drop table child;
"""


def write_traits(con: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Table trait_of (truth, race_ethnicity, gender, home_language, mobility) of Riverbend's people."""
    everyone, places, people = (
        f"read_parquet({literal(str(truth / f'{name}.parquet'))})"
        for name in ("inhabitant", "household_year", "person")
    )
    con.execute(f"""
        create or replace table trait_of as
        with families as (select family, max(moves) > 0 as has_moved from {places} group by all),
        spoken as (select true_person_id, max(home_language) as home_language from {people} group by all)
        select true_person_id::ubigint as truth, race_ethnicity, gender, home_language,
               case when has_moved then 'moved' else 'stayed' end as mobility
        from {everyone} left join families using (family) left join spoken using (true_person_id)
    """)
