"""The sectors' tables in the order in which they need each other, and which of them are truth."""

from __future__ import annotations

import duckdb

from synthetic.sectors import areas, births, early_learning, health, housing, services, work
from synthetic.sectors.chance import create_macros
from synthetic.sectors.inhabitants import settle
from synthetic.sectors.known import PARTNER_PERSON, introduce
from synthetic.sectors.planted import ASSOCIATIONS

_FACTS = (
    births.BIRTH,
    *health.TABLES,
    *housing.TABLES,
    *early_learning.TABLES,
    *services.TABLES,
    *work.TABLES,
    *areas.TABLES,
)
_PEOPLE = {**health.PEOPLE, **housing.PEOPLE, **early_learning.PEOPLE, **services.PEOPLE}
# Every partner's number of every person, those of schools, colleges and state files too.
WHO_IS_WHO = """
create or replace table who_is_who as
select partner_id, student_id, true_person_id from partner_person
union
select cast(partner_id as varchar), student_id, true_person_id from fact_person
union
select partner_id, student_id, true_person_id from fact_readiness
union
select partner_id, student_id, true_person_id from fact_employment
order by all
"""
# name of the truth table -> the table it is a copy of
TRUTH = {
    "inhabitant": "inhabitant",
    "household_year": "household_year",
    "child_here": "child_here",
    "partner_person": "partner_person",
    "who_is_who": "who_is_who",
    "birth": "fact_birth",
    "immunization": "fact_immunization",
    "screening": "fact_screening",
    "health_coverage": "fact_health_coverage",
    "housing_episode": "fact_housing_episode",
    "housing_assistance": "fact_housing_assistance",
    "eviction": "fact_eviction",
    "early_learning": "fact_early_learning",
    "readiness": "fact_readiness",
    "participation": "fact_participation",
    "employment": "fact_employment",
    "postsecondary_award": "fact_postsecondary_award",
    "acs_estimate": "acs_estimate",
    "report_card": "report_card",
    "planted_associations": "planted_associations",
}


def build(con: duckdb.DuckDBPyConnection, *, children_per_year: int, last_year: int, seed: int) -> None:
    """Leave the sectors' facts, `partner_person` and what is planted in `con`, from tables of the world."""
    create_macros(con, seed)
    settle(con, children_per_year, last_year)
    for table in _FACTS:
        con.execute(table)
    con.execute(PARTNER_PERSON)
    introduce(con, births.PARTNER, "select true_person_id from fact_birth", exact=True)
    for partner, people in _PEOPLE.items():
        introduce(con, partner, people)
    con.execute(WHO_IS_WHO)
    con.execute(
        "create or replace table planted_associations (outcome varchar, circumstance varchar, points double)"
    )
    con.executemany(
        "insert into planted_associations values (?, ?, ?)",
        [
            (one.outcome, circumstance, points)
            for one in ASSOCIATIONS.values()
            for circumstance, points in {"base": one.base, **one.adds}.items()
        ],
    )
