"""Which partner knows whom, by which number and under which name: variants of names and of birth dates."""

from __future__ import annotations

import duckdb

from synthetic.names import NICKNAMES
from synthetic.sectors.planted import BIRTH_DATE_VARIANTS, NAME_VARIANTS

PARTNER_PERSON = """
create or replace table partner_person (
    partner_id varchar, student_id varchar, true_person_id bigint, first_name varchar, middle_name varchar,
        last_name
        varchar, birth_date date, gender varchar, races varchar, hispanic_ethnicity varchar, name_variant
            varchar,
    birth_date_variant varchar
)
"""

_NICKNAMES = ", ".join(f"('{name}', '{short}')" for name, short in NICKNAMES.items())
# What can happen to whom; the first that does is the one.
_CAN = {
    "transposed": "true",
    "nickname": "nickname is not null",
    "hyphenated": "last_name not like '%-%'",
    "typo": "length(last_name) > 3",
    "accents_dropped": "strip_accents(first_name || last_name) <> first_name || last_name",
    "missing": "true",
    "day_and_month_swapped": "day(birth_date) <= 12 and day(birth_date) <> month(birth_date)",
    "wrong_year": "true",
}


def _first_of(variants: dict[str, float], partner: str) -> str:
    cases = " ".join(
        f"when {_CAN[name]} and chance(true_person_id, '{partner} {name}') < {rate} then '{name}'"
        for name, rate in variants.items()
    )
    return f"case {cases} else 'none' end"


# Every letter may be the one that is left out, but the first.
_LEFT_OUT = "cast(2 + whole(true_person_id, 'letter', length(last_name) - 2) as integer)"
_WRITTEN = f"""
    case name_variant when 'transposed' then last_name when 'nickname' then nickname
        when 'accents_dropped' then strip_accents(first_name) else first_name end,
    middle_name,
    case name_variant when 'transposed' then first_name when 'hyphenated' then last_name || '-' || other_name
        when 'typo' then left(last_name, {_LEFT_OUT} - 1) || substr(last_name, {_LEFT_OUT} + 1)
        when 'accents_dropped' then strip_accents(last_name) else last_name end,
    case birth_date_variant when 'missing' then null
        when 'day_and_month_swapped' then make_date(year(birth_date), day(birth_date), month(birth_date))
        when 'wrong_year' then cast(birth_date + interval '1 year' as date) else birth_date end,
    gender, races, hispanic_ethnicity, name_variant, birth_date_variant"""


def introduce(con: duckdb.DuckDBPyConnection, partner: str, people: str, *, exact: bool = False) -> None:
    """Add to `partner_person` everyone whom SQL `people` names (true_person_id), under the
        partner's own numbers.

    `exact`: as their papers say, such as in the register of births.
    """
    names = "'none'" if exact else _first_of(NAME_VARIANTS, partner)
    dates = "'none'" if exact else _first_of(BIRTH_DATE_VARIANTS, partner)
    con.execute(
        f"""
        insert into partner_person
        select '{partner}', number_of(true_person_id, '{partner}'), true_person_id, {_WRITTEN}
        from (
            select inhabitant.*, nickname, surnames.word as other_name, {names} as name_variant, {dates} as
                birth_date_variant
            from (select distinct true_person_id from ({people})) as known
            inner join inhabitant using (true_person_id)
            left join (values {_NICKNAMES}) as nicknames (first_name, nickname) using (first_name)
            inner join surnames on surnames.number = whole(true_person_id, 'other name', (select count(*)
                from surnames))
        )
        order by true_person_id
        """
    )
