with definitions as (

    {{ definitions('postsecondary_completion', {
        'share_of_length': 'decimal(6, 2)',
    }) }}

),

-- the program that an entrant began is told by nobody: an award is in time by its own length, so that a certificate on
-- the way to a bachelor's does not make it late
entrants as (

    select
        students.community_id,
        students.person_id,
        students.school_year,
        students.collection,
        students.organization_id,
        students.first_begin_date,
        students.told_until_date,
        awards.award_date,
        cast(floor(12 * definitions.share_of_length * case awards.award_level
            when 'certificate' then 1 when 'associate' then 2 else 4
        end) as integer) as months_allowed,
        cast(floor(12 * definitions.share_of_length * 4) as integer) as longest_months,
        definitions.definition_version
    from {{ ref('int_college_years') }} as students
    {{ join_definitions('students') }}
    left join {{ ref('fct_postsecondary_award') }} as awards
        on
            students.community_id = awards.community_id
            and students.person_id = awards.person_id
            and students.first_begin_date <= awards.award_date
            and awards.award_level in ('certificate', 'associate', 'bachelor')
    where students.first_begin_date is not null

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    'postsecondary_completion' as indicator_id,
    definition_version,
    coalesce(bool_or(award_date <= {{ months_after('first_begin_date', 'months_allowed') }}), false) as is_success
from entrants
-- a class counts when even the longest program could be over
where {{ months_after('first_begin_date', 'longest_months') }} <= told_until_date
group by community_id, person_id, school_year, collection, organization_id, definition_version
