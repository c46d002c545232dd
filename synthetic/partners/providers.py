"""Three providers of services: a sign-in sheet in Excel, hours by month, a log of sessions."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.deliveries import Series, is_annual
from synthetic.formats import delimited, workbook
from synthetic.sectors.services import CLUB, MENTORING, TUTORING

# the months in which mentors meet children
MONTHS = {10: "Oct", 11: "Nov", 12: "Dec", 1: "Jan", 2: "Feb", 3: "Mar", 4: "Apr", 5: "May"}


def _of(partner: str, collection: Collection, columns: str) -> str:
    return f"""
        select {columns}
        from fact_participation inner join partner_person using (partner_id, student_id)
        where partner_id = '{partner}' and school_year = {collection.school_year} order by start_date,
            student_id"""


def _extracts(partner: str, layout: str) -> tuple[str, ...]:
    return f"{partner}.person", f"{partner}.program.{layout}", f"{partner}.participation.{layout}"


def _sign_in(collection: Collection) -> str:
    """Who is not there does not sign."""
    columns = """strftime(start_date, '%m/%d/%Y') as "Date", student_id as "Child ID",
            first_name as "First Name", last_name as "Last Name",
            'RC-TUTOR' as "Program ID", 'Reading tutoring' as "Program", 'Tutoring' as "Program Type",
            '15:30' as "Time In", '16:00' as "Time Out", 'J. Reader' as "Staff" """
    return _of(TUTORING, collection, columns)


def _months(collection: Collection) -> str:
    """A row per participant, a column of hours and of sessions for each month."""
    months = ", ".join(
        f"cast(max(cast({column} as decimal(6, 1))) filter (month(start_date) = {number}) as varchar)"
        f' as "{name} {what}"'
        for number, name in MONTHS.items()
        for what, column in (("Hours", "hours_attended"), ("Sessions", "sessions_attended"))
    )
    return f"""
        select '{collection.label}' as "School Year", student_id as "Youth ID", first_name as "First Name",
            last_name as
                "Last Name", strftime(birth_date, '%Y-%m-%d') as "Birth Date", 'MM-MENTOR' as "Program ID",
            'One-to-one mentoring' as "Program", 'Mentoring' as "Program Type", {months}
        from fact_participation inner join partner_person using (partner_id, student_id)
        where partner_id = '{MENTORING}' and school_year = {collection.school_year} group by all order by
            student_id"""


def _log(collection: Collection) -> str:
    columns = """strftime(start_date, '%m/%d/%Y') as "Session Date", student_id as "Member ID", first_name as
        "First",
            last_name as "Last", strftime(birth_date, '%m/%d/%Y') as "Birthday", 'RKC-CLUB' as "Program ID",
            'After-school club' as "Program", 'After school' as "Program Type",
            case when has_attended then 'P' else 'A' end as "Attendance",
            cast(cast(hours_attended as decimal(4, 1)) as varchar) as "Hours" """
    return _of(CLUB, collection, columns)


SERIES = (
    Series(
        "reading_corps.sign_in",
        "reading_corps/sign_in_{label}.xlsx",
        _extracts(TUTORING, "participation_log"),
        _sign_in,
        lambda _: workbook("Sign-in"),
        is_annual,
    ),
    Series(
        "mentor_match.hours",
        "mentor_match/hours_{label}.csv",
        _extracts(MENTORING, "participation_hours"),
        _months,
        lambda _: delimited(),
        is_annual,
    ),
    Series(
        "river_kids_club.log",
        "river_kids_club/session_log_{label}.csv",
        _extracts(CLUB, "participation_log"),
        _log,
        lambda _: delimited(),
        is_annual,
    ),
)
