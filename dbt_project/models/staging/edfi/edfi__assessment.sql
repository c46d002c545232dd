with results as (

    select
        *,
        case lower(performance_level)
            when 'met standard' then true
            when 'proficient' then true
            when 'advanced' then true
            when 'pass' then true
            when 'did not meet standard' then false
            when 'basic' then false
            when 'below basic' then false
            when 'well below basic' then false
            when 'fail' then false
        end as is_proficient
    from {{ source('raw', 'edfi_student_assessment') }}

)

select
    results.community_id,
    results.partner_id,
    results.extract_id,
    results.school_year,
    results.collection,
    results.student_unique_id as student_id,
    results.reported_school_id as school_id,
    results.assessment_identifier as assessment_id,
    assessments.assessment_category as assessment_type,
    case
        when assessments.academic_subjects like '%;%' then 'Cross Subject'
        else coalesce(assessments.academic_subjects, 'not told')
    end as subject,
    cast(null as varchar) as domain, -- noqa: RF04
    cast(null as varchar) as season,
    results.when_assessed_grade_level as grade_level,
    results.administration_date as test_date,
    results.scale_score,
    results.performance_level,
    results.is_proficient,
    results._load_id,
    results._source_file,
    results._row_number
from results
left join {{ source('raw', 'edfi_assessment') }} as assessments
    on
        {{ same_delivery('results', 'assessments') }}
        and results.assessment_identifier = assessments.assessment_identifier
        and results.namespace is not distinct from assessments.namespace
where
    results.reason_not_tested is null
    and coalesce(
        results.told_school_year = results.school_year,
        {{ is_in_school_year('results.administration_date', 'results.school_year') }},
        true
    )
-- taken again on the same day, the better result counts; a name is one within its namespace: of a state and of a vendor
-- they are two tests
qualify row_number() over (
        partition by
            results.partner_id, results.school_year, results.collection, results.student_unique_id,
            results.assessment_identifier, results.namespace, results.administration_date
        order by
            results.scale_score desc nulls last, results.is_proficient desc nulls last,
            results.student_assessment_identifier asc
    ) = 1
