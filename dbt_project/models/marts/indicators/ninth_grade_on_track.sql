with judged as (

    select
        students.*,
        definitions.definition_version,
        case
            when {{ parameter('minimum_credits') }} is not null
                then
                    students.credits_earned >= {{ parameter('minimum_credits') }}
                    and students.n_core_failures <= {{ parameter('maximum_core_failures') }}
            else
                students.quality_points >= {{ parameter('minimum_gpa') }} * students.graded_credits
                and students.n_low_marks = 0
                and students.days_absent <= (1 - {{ parameter('minimum_attendance') }}) * students.days_enrolled
                and students.n_removals = 0
        end as is_success
    from {{ ref('int_ninth_grade_years') }} as students
    {{ join_definitions('ninth_grade_on_track', 'students') }}

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    'ninth_grade_on_track' as indicator_id,
    definition_version,
    is_success
from judged
-- off track for one known reason is off track; on track needs every part to be known
where is_success is not null
