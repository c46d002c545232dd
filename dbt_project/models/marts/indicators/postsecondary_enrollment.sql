with definitions as (

    {{ definitions('postsecondary_enrollment', {
        'asks': 'varchar',
    }) }}

),

students as (

    select
        graduates.*,
        fall.is_enrolled_in_fall,
        -- a class whose year is not over has no value yet, nor who was never asked for by name
        case
            when graduates.first_begin_date < make_date(graduates.school_year + 1, 7, 1) then true
            when
                graduates.told_until_date >= make_date(graduates.school_year + 1, 1, 1)
                and graduates.last_received_date > make_date(graduates.school_year + 1, 6, 30)
                and fall.is_enrolled_in_fall is not null
                then false
        end as is_enrolled_within_a_year
    from {{ ref('int_college_years') }} as graduates
    inner join {{ ref('int_fall_enrollment') }} as fall
        on graduates.community_id = fall.community_id and graduates.person_id = fall.person_id

),

asked as (

    select
        students.*,
        definitions.definition_version,
        case definitions.asks
            when 'fall' then students.is_enrolled_in_fall else students.is_enrolled_within_a_year
        end as is_success
    from students
    {{ join_definitions('students') }}

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    'postsecondary_enrollment' as indicator_id,
    definition_version,
    is_success
from asked
where is_success is not null
