"""What each partner knows at each collection, as canonical entities with conformed codes.

Each table has extract_id, partner_id, school_year, collection, source_id (the source row it stands in),
true_person_id, is_single (the child has one spell that year), then the columns of the entity.
"""

from __future__ import annotations

import duckdb

from synthetic import result_facts, staff, student_facts

QUERIES = {
    "person": f"{student_facts.PERSON} union all {student_facts.PERSON_ELSEWHERE}",
    "student_status": student_facts.STUDENT_STATUS,
    "school": student_facts.SCHOOL,
    "enrollment": student_facts.ENROLLMENT,
    "attendance": student_facts.ATTENDANCE,
    "assessment": result_facts.ASSESSMENT,
    "discipline": result_facts.DISCIPLINE,
    "course_mark": result_facts.COURSE_MARK,
    "diploma": result_facts.DIPLOMA,
    "postsecondary_enrollment": result_facts.POSTSECONDARY_ENROLLMENT,
    "staff_assignment": staff.STAFF_ASSIGNMENT,
}


# What tells the rows of a fact apart; an entity has those of these columns that it has.
_ORDER = ("school_year", "collection", "extract_id", "source_id", "subject", "test_date")


def build(con: duckdb.DuckDBPyConnection) -> None:
    """Leave one table `fact_<entity>` per canonical entity in `con`, from the tables of the world.

    Its rows stand in the order of the files: by year, collection, extract and source row.
    """
    con.execute(student_facts.STUDENTS)
    for entity, query in QUERIES.items():
        order = [column for column in _ORDER if column in con.sql(query).columns]
        con.execute(f"create or replace table fact_{entity} as {query} order by {', '.join(order)}")
