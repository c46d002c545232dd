with results as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        assessment_id,
        subject,
        test_date,
        -- the same test told twice: the higher score
        max(scale_score) as scale_score,
        bool_or(is_proficient) as is_proficient,
        max(performance_level) as performance_level,
        max(nullif(grade_level, 'unmapped')) as tested_grade_level,
        min(organization_id) as organization_id
    from {{ ref('stg_assessment') }}
    group by community_id, person_id, school_year, collection, assessment_id, subject, test_date

),

graded as (

    select
        results.*,
        coalesce(results.tested_grade_level, student_year.grade_level) as grade_level
    from results
    left join {{ ref('fct_student_year') }} as student_year
        on
            results.community_id = student_year.community_id
            and results.person_id = student_year.person_id
            and results.school_year = student_year.school_year
            and results.collection = student_year.collection

)

select
    graded.community_id,
    graded.person_id,
    graded.school_year,
    graded.collection,
    graded.assessment_id,
    graded.subject,
    graded.test_date,
    graded.organization_id,
    graded.grade_level,
    graded.scale_score,
    graded.performance_level,
    coalesce(
        graded.is_proficient,
        graded.scale_score >= coalesce(grade_cuts.proficient_score, general_cuts.proficient_score)
    ) as is_proficient,
    case
        when graded.is_proficient is not null then 'reported'
        when graded.scale_score is null then 'no_score'
        when coalesce(grade_cuts.proficient_score, general_cuts.proficient_score) is null then 'no_cut_score'
        else 'cut_score'
    end as proficiency_source
from graded
left join {{ ref('stg_cut_score') }} as grade_cuts
    on
        graded.community_id = grade_cuts.community_id
        and lower(graded.assessment_id) = grade_cuts.assessment_id
        and graded.subject = grade_cuts.subject
        and graded.grade_level = grade_cuts.grade_level
        and graded.school_year between grade_cuts.first_year and grade_cuts.last_year
-- a cut score without a grade holds for the grades that have none of their own
left join {{ ref('stg_cut_score') }} as general_cuts
    on
        graded.community_id = general_cuts.community_id
        and lower(graded.assessment_id) = general_cuts.assessment_id
        and graded.subject = general_cuts.subject
        and general_cuts.grade_level = ''
        and graded.school_year between general_cuts.first_year and general_cuts.last_year
