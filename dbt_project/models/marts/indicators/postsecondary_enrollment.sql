with definitions as (

    {{ definitions('postsecondary_enrollment', {
        'asks': 'varchar',
    }) }}

),

-- asked before yes and no alike: of a class whose time is not over, who is found first would be all
students as (

    select
        graduates.*,
        case definitions.asks when 'fall' then coverage.is_fall_told else coverage.is_year_told end as is_told,
        definitions.asks,
        definitions.definition_version
    from {{ ref('int_college_years') }} as graduates
    {{ join_definitions('graduates') }}
    inner join {{ ref('int_college_coverage') }} as coverage
        on graduates.community_id = coverage.community_id and graduates.person_id = coverage.person_id

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    'postsecondary_enrollment' as indicator_id,
    definition_version,
    case asks
        when 'fall' then is_enrolled_in_first_fall
        else coalesce(first_begin_date < make_date(school_year + 1, 7, 1), false)
    end as is_success
from students
where is_told
