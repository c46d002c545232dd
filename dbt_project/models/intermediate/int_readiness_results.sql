{{ config(materialized = 'view') }}

-- the first judged result of the year of a test of the whole child at entry to kindergarten
select
    community_id,
    person_id,
    school_year,
    collection,
    min_by(organization_id, row(coalesce(test_date, date '9999-12-31'), not is_proficient)) as organization_id,
    min_by(is_proficient, row(coalesce(test_date, date '9999-12-31'), not is_proficient)) as is_ready
from {{ ref('fct_assessment') }}
where
    assessment_type = 'screener' and subject = 'other' and domain is null and grade_level = 'k'
    and is_proficient is not null
group by community_id, person_id, school_year, collection
