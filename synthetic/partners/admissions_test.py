"""The publisher of the admissions test: a workbook with two header rows, children known by state id."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.deliveries import Series, is_annual
from synthetic.formats import workbook

PARTNER = "admissions_test"


def _scores(collection: Collection) -> str:
    return f"""
        select score.source_id as _source, true_person_id as _person, score.is_single as _single,
            state_student_id as "Student State ID", last_name as "Student Last Name", first_name as
                "Student First Name",
            strftime(birth_date, '%Y-%m-%d') as "Student Birth Date", strftime(days.date, '%Y-%m-%d') as
                "Test Date",
            cast(reading_score as varchar) as "Test Reading", cast(math_score as varchar) as "Test Math"
        from admissions_score as score
        inner join child using (child)
        inner join days on days.school_year = score.school_year and days.day = score.day
        where score.school_year = {collection.school_year}
        order by _source"""


SERIES = (
    Series(
        "admissions_test.scores",
        "admissions_test/admissions_{year}.xlsx",
        (f"{PARTNER}.person", f"{PARTNER}.assessment"),
        _scores,
        lambda _: workbook("Scores", groups={"Student": 4, "Test": 3}),
        is_annual,
    ),
)
