with results as (

    select
        results.*,
        -- the grade tested, else the grade enrolled in
        coalesce(nullif(results.grade_level, 'unmapped'), student_year.grade_level) as known_grade_level
    from {{ ref('stg_assessment') }} as results
    left join {{ ref('fct_student_year') }} as student_year
        on
            results.community_id = student_year.community_id
            and results.person_id = student_year.person_id
            and results.school_year = student_year.school_year
            and results.collection = student_year.collection

),

judged as (

    select
        results.*,
        -- a cut score without a grade holds for the grades that have none of their own; parts of a test have none
        case
            when results.domain is null then coalesce(grade_cuts.proficient_score, general_cuts.proficient_score)
        end as proficient_score
    from results
    left join {{ ref('stg_cut_score') }} as grade_cuts
        on
            results.community_id = grade_cuts.community_id
            and lower(results.assessment_id) = grade_cuts.assessment_id
            and results.subject = grade_cuts.subject
            and results.known_grade_level = grade_cuts.grade_level
            and results.school_year between grade_cuts.first_year and grade_cuts.last_year
    left join {{ ref('stg_cut_score') }} as general_cuts
        on
            results.community_id = general_cuts.community_id
            and lower(results.assessment_id) = general_cuts.assessment_id
            and results.subject = general_cuts.subject
            and general_cuts.grade_level = ''
            and results.school_year between general_cuts.first_year and general_cuts.last_year

)

select
    community_id,
    person_id,
    school_year,
    collection,
    assessment_id,
    assessment_type,
    subject,
    domain,
    season,
    test_date,
    partner_id,
    organization_id,
    known_grade_level as grade_level,
    scale_score,
    performance_level,
    coalesce(is_proficient, scale_score >= proficient_score) as is_proficient,
    case
        when is_proficient is not null then 'reported'
        when scale_score is null then 'no_score'
        when proficient_score is null then 'no_cut_score'
        else 'cut_score'
    end as proficiency_source,
    _load_id,
    _row_number
from judged
