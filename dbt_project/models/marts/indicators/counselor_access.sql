with definitions as (

    {{ definitions('counselor_access', {'most_students_per_counselor': 'decimal(9, 2)'}) }}

),

staff as (

    select
        *,
        staff_classification = 'school_counselor' and is_in_post_on_october_1 as is_counselor,
        coalesce(staff_classification, 'unmapped') in ('school_counselor', 'unmapped')
        and is_in_post_on_october_1 as may_be_counselor
    from {{ ref('fct_staff_assignment') }}

),

-- a file that lists teachers alone says nothing of counselors
telling as (

    select
        community_id,
        partner_id,
        school_year,
        collection
    from staff
    group by community_id, partner_id, school_year, collection
    having bool_or(coalesce(staff_classification, 'unmapped') <> 'teacher')

),

-- what they are for sure, and at most where a position is unmapped; without a limit where the FTE of one is not told
counselors as (

    select
        community_id,
        partner_id,
        organization_id,
        school_year,
        collection,
        coalesce(sum(full_time_equivalent) filter (where is_counselor), 0) as least_fte,
        case
            when not bool_or(may_be_counselor and full_time_equivalent is null)
                then coalesce(sum(full_time_equivalent) filter (where may_be_counselor), 0)
        end as most_fte
    from staff
    group by community_id, partner_id, organization_id, school_year, collection

),

schools as (

    select
        community_id,
        organization_id,
        school_year,
        collection,
        count(*) as n_students
    from {{ ref('fct_student_year') }}
    where is_enrolled
    group by community_id, organization_id, school_year, collection

),

judged as (

    select
        schools.*,
        definitions.definition_version,
        {{ at_least(
            'counselors.least_fte * definitions.most_students_per_counselor',
            'counselors.most_fte * definitions.most_students_per_counselor',
            'schools.n_students',
        ) }} as has_access
    from schools
    {{ join_definitions('schools') }}
    inner join counselors using (community_id, organization_id, school_year, collection)
    inner join telling using (community_id, partner_id, school_year, collection)

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'counselor_access' as indicator_id,
    judged.definition_version,
    judged.has_access as is_success
from {{ ref('fct_student_year') }} as students
inner join judged using (community_id, organization_id, school_year, collection)
where students.is_enrolled and judged.has_access is not null
