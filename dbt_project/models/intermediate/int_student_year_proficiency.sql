{{ config(materialized = 'view') }}

{% set rank %}
row(
            coalesce(test_date, date '1900-01-01'),
            is_proficient,
            coalesce(organization_id, '')
        )
{%- endset %}

-- the latest test of the year, on one day a proficient result before another: scores of different tests do not compare;
-- results that no cut score can judge do not count, nor do parts of a test
select
    community_id,
    person_id,
    school_year,
    collection,
    subject,
    grade_level,
    max_by(organization_id, {{ rank }}) as organization_id,
    max_by(is_proficient, {{ rank }}) as is_proficient
from {{ ref('fct_assessment') }}
where is_proficient is not null and domain is null and coalesce(assessment_type, 'state_summative') = 'state_summative'
group by community_id, person_id, school_year, collection, subject, grade_level
