"""A pre-K provider's roster and the state's readiness test of kindergartners."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.codes import coded
from synthetic.deliveries import Series, is_annual
from synthetic.formats import delimited
from synthetic.sectors.early_learning import PREK, READINESS

PROGRAMS = {"head_start": "HS", "public_prek": "STATE", "private_prek": "TUITION"}
LEVELS = {
    "demonstrating_readiness": "Demonstrating Readiness",
    "approaching_readiness": "Approaching Readiness",
    "emerging_readiness": "Emerging Readiness",
}
# overall, social foundations, language and literacy, mathematics, physical development
SCORES = {"Overall": "overall", "SF": "social", "LL": "language_score", "MA": "mathematics", "PD": "physical"}
CROSSWALKS: dict[str, list[tuple[str, dict[str, str], int | None, int | None]]] = {
    PREK: [("program_type", PROGRAMS, None, None)],
}


def _roster(collection: Collection) -> str:
    return f"""
        select student_id as "Child ID", first_name as "Child First", last_name as "Child Last",
            strftime(birth_date, '%m/%d/%Y') as "DOB", site_id as "Center", program_id as "Classroom",
            {coded("program_type", PROGRAMS)} as "Funding", strftime(start_date, '%m/%d/%Y') as "Start",
            strftime(end_date, '%m/%d/%Y') as "End", cast(days_enrolled as varchar) as "Days Enrolled",
            cast(days_attended as varchar) as "Days Attended",
            cast(hours_per_week as varchar) as "Hours per Week",
            case when is_subsidized then 'Yes' else 'No' end as "Subsidy"
        from fact_early_learning inner join partner_person using (partner_id, student_id)
        where school_year = {collection.school_year} order by student_id"""


def _readiness(collection: Collection) -> str:
    """A score for the whole and for each of four domains."""
    scores = ", ".join(f'cast({column} as varchar) as "{part}Score"' for part, column in SCORES.items())
    return f"""
        select '{collection.label}' as "SchoolYear", district as "DistrictCode", school_id as "SchoolCode",
            student_id
                as "StateStudentID", strftime(test_date, '%m/%d/%Y') as "DateTaken", 'KRA' as "Assessment",
                    {scores},
            {coded("performance_level", LEVELS)} as "PerformanceLevelDescriptor"
        from fact_readiness where school_year = {collection.school_year} order by student_id"""


SERIES = (
    Series(
        "bright_start.roster",
        "bright_start/prek_roster_{label}.csv",
        (f"{PREK}.person", f"{PREK}.early_learning"),
        _roster,
        lambda _: delimited(bom=True, crlf=True),
        is_annual,
    ),
    Series(
        "readiness_office.kra",
        "readiness_office/kra_{label}.csv",
        (f"{READINESS}.person", f"{READINESS}.assessment.kra"),
        _readiness,
        lambda _: delimited(),
        is_annual,
        rows_per_source=5,
    ),
)
