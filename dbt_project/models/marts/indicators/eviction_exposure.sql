with definitions as (

    {{ definitions('eviction_exposure') }}

),

-- courts that tell of children: elsewhere a filing says nothing of anybody's child
courts as (

    select distinct
        community_id,
        school_year,
        collection
    from {{ ref('fct_eviction') }}
    where has_child

),

named as (

    select distinct
        community_id,
        person_id,
        school_year,
        collection
    from {{ ref('fct_eviction') }}
    where has_child and {{ is_in_school_year('filed_date') }}

),

children as (

    select
        students.community_id,
        students.person_id,
        students.school_year,
        students.collection,
        students.organization_id,
        named.person_id is not null as has_filing
    from {{ ref('fct_student_year') }} as students
    inner join courts
        on
            students.community_id = courts.community_id
            and students.school_year = courts.school_year
            and students.collection = courts.collection
    left join named
        on
            students.community_id = named.community_id
            and students.person_id = named.person_id
            and students.school_year = named.school_year
            and students.collection = named.collection
    where students.is_enrolled

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    children.organization_id,
    'eviction_exposure' as indicator_id,
    definitions.definition_version,
    children.has_filing as is_success
from children
{{ join_definitions('children') }}
