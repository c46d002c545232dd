"""Three providers of services: a sign-in sheet in Excel, hours by month, a log of sessions."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.deliveries import Series, is_annual
from synthetic.formats import delimited, workbook
from synthetic.sectors.services import CLUB, MENTORING, TUTORING


def _of(partner: str, collection: Collection, columns: str) -> str:
    return f"""
        select {columns}
        from fact_participation inner join partner_person using (partner_id, student_id)
        where partner_id = '{partner}' and school_year = {collection.school_year} order by start_date, student_id"""


def _sign_in(collection: Collection) -> str:
    columns = """strftime(start_date, '%Y-%m-%d') as "Date", student_id as "ID", first_name || ' ' || last_name as "Child",
            '15:30' as "In", '16:00' as "Out", 'J. Reader' as "Tutor" """
    return _of(TUTORING, collection, columns)


def _months(collection: Collection) -> str:
    columns = """student_id as participant, first_name as first, last_name as last, strftime(birth_date, '%Y-%m-%d') as dob,
            strftime(start_date, '%Y-%m') as month, cast(sessions_attended as varchar) as meetings,
            cast(cast(hours_attended as decimal(6, 1)) as varchar) as hours"""
    return _of(MENTORING, collection, columns)


def _log(collection: Collection) -> str:
    columns = """strftime(start_date, '%m/%d/%Y') as "Session Date", student_id as "Member No",
            last_name || ', ' || first_name as "Member", strftime(birth_date, '%m/%d/%Y') as "Birthday",
            case when has_attended then 'P' else 'A' end as "Status",
            case when has_attended then cast(cast(hours_attended as decimal(4, 1)) as varchar) end as "Hours" """
    return _of(CLUB, collection, columns)


SERIES = (
    Series(
        "reading_corps.sign_in", "reading_corps/sign_in_{label}.xlsx",
        (f"{TUTORING}.person", f"{TUTORING}.participation"), _sign_in, lambda _: workbook("Sign-in"), is_annual,
    ),
    Series(
        "mentor_match.hours", "mentor_match/hours_{label}.csv", (f"{MENTORING}.person", f"{MENTORING}.participation"),
        _months, lambda _: delimited(), is_annual,
    ),
    Series(
        "river_kids_club.log", "river_kids_club/session_log_{label}.csv", (f"{CLUB}.person", f"{CLUB}.participation"),
        _log, lambda _: delimited(";"), is_annual,
    ),
)  # fmt: skip
