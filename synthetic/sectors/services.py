"""Three providers of services for pupils: who takes part, and every session or month of it."""

from __future__ import annotations

from synthetic.sectors.planted import chance_of, happens

TUTORING, MENTORING, CLUB = "reading_corps", "mentor_match", "river_kids_club"
SESSIONS = {TUTORING: 30, CLUB: 24}

PARTICIPANT = f"""
create or replace table participant as
with pupils as (
    select child_here.*, is_poor, is_homeless, child * 100 + school_year % 100 as key, proficient.child is
        not null
        as is_proficient
    from child_here inner join household_year using (family, school_year)
    left join (select distinct child, school_year from state_score where reading_proficient) as proficient
        using (child, school_year)
    where grade is not null
)
select '{TUTORING}' as partner_id, * from pupils where grade between 1 and 3 and
    {happens("in_tutoring", "key")}
union all
select '{MENTORING}', * from pupils where grade between 6 and 9 and {happens("in_mentoring", "key")}
union all
select '{CLUB}', * from pupils where grade <= 5 and {happens("in_after_school_club", "key")}
order by partner_id, true_person_id, school_year
"""

# Sessions of tutoring once in five days of instruction; of the club, where who is absent is written down too,
# once in fourteen.
PARTICIPATION = f"""
create or replace table fact_participation as
with sessions as (
    select participant.*, day, key * 256 + day as session
    from participant, range(180) as instruction (day)
    where (partner_id = '{TUTORING}' and day between 20 and 170 and day % 5 = whole(key, 'weekday', 5))
        or (partner_id = '{CLUB}' and day between 15 and 172 and day % 14 = whole(key, 'weekday', 14))
),
months as (
    select participant.*, number, key * 256 + 200 + number as session,
        cast(make_date(school_year - 1, 10, 1) + to_months(cast(number as integer)) as date) as month
    from participant, range(8) as months (number)
    where partner_id = '{MENTORING}' and chance(key * 256 + 200 + number, 'met') < 0.85
)
select partner_id, number_of(true_person_id, partner_id) as student_id, true_person_id, sessions.school_year,
    case partner_id when '{TUTORING}' then 'RC-TUTOR' else 'RKC-CLUB' end as program_id, cast(null as
        varchar) as site_id,
    days.date as start_date, cast(null as date) as end_date, 1 as sessions_offered,
    case when partner_id = '{CLUB}' then cast(has_attended as integer) end as sessions_attended,
    cast(case when partner_id = '{TUTORING}' then 0.5 when has_attended then 1.5 + 0.5 * whole(session,
        'hours', 4) end as decimal(18, 4))
        as hours_attended, case when partner_id = '{CLUB}' then has_attended end as has_attended, session
from (
    select *, case when partner_id = '{TUTORING}' then chance(session, 'there') <
        {chance_of("tutoring_session_attended")}
        else chance(session, 'there') < 0.8 end as has_attended
    from sessions
) as sessions
inner join days on days.school_year = sessions.school_year and days.day = sessions.day
where has_attended or partner_id = '{CLUB}'
union all
select partner_id, number_of(true_person_id, partner_id), true_person_id, school_year, 'MM-MENTOR', null,
    month,
    last_day(month), null, 1 + whole(session, 'sessions', 4), 1.5 * (1 + whole(session, 'sessions', 4)),
        null, session
from months
order by partner_id, school_year, start_date, student_id
"""
TABLES = (PARTICIPANT, PARTICIPATION)
PEOPLE = {
    partner: f"select true_person_id from fact_participation where partner_id = '{partner}'"
    for partner in (TUTORING, MENTORING, CLUB)
}
