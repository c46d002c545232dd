{{ config(materialized = 'view') }}

-- the latest test of the year, and on one day the highest score; results that no cut score can judge do not count
select
    community_id,
    person_id,
    school_year,
    collection,
    subject,
    grade_level,
    max_by(organization_id, row(coalesce(test_date, date '1900-01-01'), coalesce(scale_score, -1))) as organization_id,
    max_by(is_proficient, row(coalesce(test_date, date '1900-01-01'), coalesce(scale_score, -1))) as is_proficient
from {{ ref('fct_assessment') }}
where is_proficient is not null
group by community_id, person_id, school_year, collection, subject, grade_level
