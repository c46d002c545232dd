"""Staff of the schools: how many teachers and counselors, who they are, and when one follows another.

The gap that is planted: the more children of a school are poor, the more of them share a counselor, and some
of the poorest schools have none.
"""

from __future__ import annotations

from synthetic.student_facts import AT_LAKESHORE, AT_RIVER_CITY, schools

# Children per counselor where nobody is poor, and how many more where everybody is.
CHILDREN_PER_COUNSELOR, MORE_WHERE_ALL_ARE_POOR = 100, 400
# Of schools with more poor children than this, so many have no counselor.
POOR_SCHOOL, WITHOUT_COUNSELOR = 0.45, 0.25
CHILDREN_PER_TEACHER, CHILDREN_PER_OTHER = 16, 100
LEAVING = 0.12  # of the staff of a year; from Lakeshore on 15 January, from River City in summer
FTE_NOT_TOLD = 0.04  # of counselors
LAKESHORE_SINCE = 2022
# A high school that River City forgot in the file of one year.
FORGOTTEN_SCHOOL, FORGOTTEN_YEAR = "032", 2021

# A row per position, school year and who held it; `position` is held by one after another, `member` is who.
STAFF = f"""
create or replace table staff as
with attending as (
    select spell.school, spell.school_year, count(distinct spell.child) as children,
        count(*) filter (is_economic_disadvantage) / count(*) as poor_share
    from spell
    inner join child_year on child_year.child = spell.child and child_year.school_year = spell.school_year
    group by all
),
counselors as (
    select *, case
        when poor_share > {POOR_SCHOOL} and chance(school, 'without counselor') < {WITHOUT_COUNSELOR} then 0
        else greatest(0.1, round(children / ({CHILDREN_PER_COUNSELOR} + {MORE_WHERE_ALL_ARE_POOR} * poor_share
            + 60 * (chance(school, 'counselors') - 0.5)), 1))
    end as counselor_fte
    from attending
),
posts as (
    select school, school_year, 0 as kind, 'teacher' as staff_classification,
        unnest(range(cast(ceil(children / {CHILDREN_PER_TEACHER}) as bigint))) as place, null as left_over
    from counselors
    union all
    select school, school_year, 1, 'school_counselor',
        unnest(range(cast(ceil(counselor_fte) as bigint))) as place, counselor_fte - place
    from counselors
    union all
    select school, school_year, 2, 'other', unnest(range(1 + children // {CHILDREN_PER_OTHER})), null
    from counselors
),
held as (
    select *, school * 1000000 + kind * 100000 + place as position,
        chance(position * 100 + school_year % 100, 'leaves') < {LEAVING} as is_leaving
    from posts
),
followed as (
    select *, coalesce(sum(cast(is_leaving as integer)) over (
        partition by position order by school_year rows between unbounded preceding and 1 preceding
    ), 0) as n_before
    from held
)
select school, school_year, staff_classification,
    cast(position * 100 + n_before + follower as bigint) as member,
    case
        when staff_classification = 'school_counselor' and chance(member, 'fte not told') < {FTE_NOT_TOLD}
            then null
        when left_over is not null then least(1, left_over)
        when chance(member, 'part time') < 0.08 then 0.5
        else 1
    end as full_time_equivalent,
    if(follower = 1, make_date(school_year, 1, 16), make_date(school_year - 1, 8, 1)) as start_date,
    if(is_leaving and follower = 0, make_date(school_year, 1, 15), null) as end_date,
    follower
from followed, unnest([0, 1]) as followers (follower)
where follower = 0 or is_leaving
"""

# Most are white, in Lakeshore still more than in River City; a few do not say.
RACES = """case
        when draw < 0.02 then null
        when draw < 0.20 then 'black_or_african_american'
        when draw < 0.25 then 'asian'
        when draw < 0.27 then 'american_indian_or_alaska_native'
        when draw < 0.28 then 'native_hawaiian_or_pacific_islander'
        when draw < 0.31 then 'black_or_african_american;white'
        else 'white'
    end"""

# River City tells no dates, and of a position who held it when the year began.
STAFF_ASSIGNMENT = f"""
select
    extract_id, partner_id, school_year, cast('annual' as collection_name) as collection,
    member as source_id, cast(null as varchar) as true_person_id, true as is_single,
    number_of(member, cast(partner_id as varchar)) as staff_id,
    school_id,
    staff_classification,
    cast(full_time_equivalent as decimal(18, 4)) as full_time_equivalent,
    {RACES} as race_ethnicity,
    if(chance(member, 'hispanic') * likely < 0.08, 'yes', 'no') as hispanic_ethnicity,
    case when {AT_LAKESHORE} then start_date end as start_date,
    case when {AT_LAKESHORE} then end_date end as end_date
from (
    select *, if({AT_LAKESHORE}, 2, 1) as likely, chance(member, 'race') * likely as draw
    from staff
    inner join {schools("staff_assignment")} using (school)
)
where ({AT_RIVER_CITY} and follower = 0
        and not (school_id = '{FORGOTTEN_SCHOOL}' and school_year = {FORGOTTEN_YEAR}))
    or ({AT_LAKESHORE} and school_year >= {LAKESHORE_SINCE})
"""
