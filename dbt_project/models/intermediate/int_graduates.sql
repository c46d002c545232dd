-- a child's first diploma fixes its class and its school: that of the diploma, else the accountable one of the year
select
    diplomas.community_id,
    diplomas.person_id,
    min(diplomas.school_year) as school_year,
    'annual' as collection,
    min_by(
        coalesce(diplomas.organization_id, places.organization_id), row(diplomas.school_year, diplomas.diploma_type)
    ) as organization_id
from {{ ref('fct_diploma') }} as diplomas
left join {{ ref('fct_student_year') }} as places
    on
        diplomas.community_id = places.community_id
        and diplomas.person_id = places.person_id
        and diplomas.school_year = places.school_year
        and diplomas.collection = places.collection
where diplomas.collection = 'annual' and diplomas.diploma_type in ('regular', 'alternative', 'equivalency')
group by diplomas.community_id, diplomas.person_id
