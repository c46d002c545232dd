with definitions as (

    {{ definitions('degree_six_years_after_high_school', {
        'n_years': 'integer',
        'counts_certificates': 'boolean',
    }) }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'degree_six_years_after_high_school' as indicator_id,
    definitions.definition_version,
    coalesce(
        case when definitions.counts_certificates then students.first_award_date else students.first_degree_date end
        <= make_date(students.school_year + definitions.n_years, 8, 31),
        false
    ) as is_success
from {{ ref('int_college_years') }} as students
{{ join_definitions('students') }}
-- of who was never asked for by name nothing is known
inner join {{ ref('int_college_coverage') }} as coverage
    on students.community_id = coverage.community_id and students.person_id = coverage.person_id
where
    students.told_until_date >= make_date(students.school_year + definitions.n_years, 8, 31)
    and coverage.is_fall_told
