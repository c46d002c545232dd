-- the highest level told of a child in a school year, in micrograms per decilitre; another unit, or none, is not
-- converted
select
    community_id,
    person_id,
    school_year,
    'annual' as collection,
    max(numeric_result) as blood_lead_level
from {{ ref('fct_screening') }}
where
    collection = 'annual' and screening_type = 'lead' and numeric_result is not null
    -- the micro sign and the Greek letter look the same
    and replace(replace(lower(trim(result_unit)), 'µ', 'u'), 'μ', 'u') in ('ug/dl', 'mcg/dl')
    and {{ is_in_school_year('screened_date') }}
group by community_id, person_id, school_year
