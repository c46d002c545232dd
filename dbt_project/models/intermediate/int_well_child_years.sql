-- patients who are three, four or five on the first of October, with the days of their visits in the year
with patients as (

    {{ patients() }}

),

children as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        {{ full_years_between('birth_date', 'make_date(school_year - 1, 10, 1)') }} as age_years
    from patients
    where tells_visits

),

visits as (

    select
        community_id,
        person_id,
        {{ school_year_of('screened_date') }} as school_year,
        -- a result that no crosswalk knows may be of a visit that did not take place
        count(distinct screened_date) filter (where coalesce(screening_result, 'completed') <> 'unmapped') as n_visits,
        count(distinct screened_date) as most_visits
    from {{ ref('fct_screening') }}
    where screening_type = 'well_child_visit' and coalesce(screening_result, 'completed') <> 'incomplete'
    group by all

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    children.age_years,
    coalesce(visits.n_visits, 0) as n_visits,
    coalesce(visits.most_visits, 0) as most_visits
from children
left join visits
    on
        children.community_id = visits.community_id
        and children.person_id = visits.person_id
        and children.school_year = visits.school_year
where children.age_years between 3 and 5
