"""The college tracker: a StudentTracker detail file a year, with every earlier graduate, found or not."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.codes import coded
from synthetic.college import COLLEGES
from synthetic.deliveries import Series, is_annual
from synthetic.formats import delimited

PARTNER = "college_tracker"

STATUSES = {
    "full_time": "F", "three_quarter_time": "Q", "half_time": "H", "less_than_half_time": "L",
    "withdrawn": "W", "leave_of_absence": "A", "deceased": "D",
}  # fmt: skip
DEGREES = {"2": "ASSOCIATE OF ARTS", "4": "BACHELOR OF SCIENCE", "L": "CERTIFICATE OF COMPLETION"}
EXTRACTS = ("nsc_search", "person", "postsecondary_enrollment", "postsecondary_award")
_MAJORS = [f"Enrollment {kind} {number}" for number in (1, 2) for kind in ("Major", "CIP")]
_DEGREES = [f"Degree {kind} {number}" for number in (1, 2, 3, 4) for kind in ("Major", "CIP")]


def _values(position: int) -> str:
    """A column of COLLEGES by the college's code."""
    return coded("college_code", {college[0]: college[position] for college in COLLEGES})


def _detail(collection: Collection) -> str:
    """Enrolments, degrees and those not found, in the 33 columns of the detail file.

    `_single` marks fall enrolments, the only rows that may be spoiled.
    """
    year = collection.school_year
    colleges = ", ".join(f"'{college[0]}'" for college in COLLEGES)
    degrees = ", ".join(f"'{DEGREES[college[3]]}'" for college in COLLEGES)
    rows = f"""
        select source_id as _source, true_person_id, month(enrollment_begin_date) >= 8 as _single, 'Y' as
            found,
            college_code, college_name, strftime(enrollment_begin_date, '%Y%m%d') as begins,
            strftime(enrollment_end_date, '%Y%m%d') as ends, {coded("enrollment_status", STATUSES)} as status,
            'N' as graduated, cast(null as varchar) as graduation_date, cast(null as varchar) as degree,
            case when month(enrollment_begin_date) >= 8 then '1' else '2' end as sequence
        from fact_postsecondary_enrollment where school_year = {year}
        union all
        select child * 2 + 1000000000, true_person_id, false, 'Y', [{colleges}][degree_college + 1], null,
            null, null,
            null, 'Y', '{year}0515', [{degrees}][degree_college + 1], '1'
        from career inner join child using (child) where school_year = {year} and degree_college >= 0
        union all
        select child * 2 + 2000000000, true_person_id, false, 'N', null, null, null, null, null, null, null,
            null, null
        from career inner join child using (child) where school_year = {year} and college < 0"""
    blanks = ", ".join(f'cast(null as varchar) as "{name}"' for name in _MAJORS)
    degree_blanks = ", ".join(f'cast(null as varchar) as "{name}"' for name in _DEGREES)
    return f"""
        select _source, rows.true_person_id as _person, _single,
            rows.true_person_id || '_' as "Your Unique Identifier", upper(first_name) as "First Name",
            middle_name as "Middle Initial", upper(last_name) as "Last Name", cast(null as varchar) as
                "Name Suffix",
            cast(null as varchar) as "Requester Return Field", found as "Record Found Y/N",
            '{year - 1}0815' as "Search Date", college_code as "College Code/Branch",
            upper({_values(1)}) as "College Name", {_values(2)} as "College State", {_values(3)} as
                "2-year / 4-year",
            {_values(4)} as "Public / Private", begins as "Enrollment Begin", ends as "Enrollment End",
            status as "Enrollment Status", cast(null as varchar) as "Class Level", {blanks},
            graduated as "Graduated?", graduation_date as "Graduation Date", degree as "Degree Title",
                {degree_blanks},
            sequence as "College Sequence"
        from ({rows}) as rows inner join child using (true_person_id)
        order by _source"""


SERIES = (
    Series(
        "college_tracker.detail",
        "college_tracker/nsc_detail_{label}.csv",
        tuple(f"{PARTNER}.{entity}.nsc_studenttracker" for entity in EXTRACTS),
        _detail,
        lambda _: delimited(),
        is_annual,
    ),
)
