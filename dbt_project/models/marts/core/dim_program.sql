-- the latest account, whole: an annual one before an interim one of the same year
select
    community_id,
    program_id,
    partner_id,
    program_name,
    program_type,
    organization_id,
    description,
    start_date,
    end_date,
    sessions_planned,
    hours_planned,
    min(school_year) over (partition by community_id, program_id) as first_school_year,
    school_year as last_school_year
from {{ ref('stg_program') }}
qualify
    row_number() over (
        partition by community_id, program_id
        order by
            school_year desc, case when collection = 'annual' then 0 else 1 end asc, collection asc, extract_id asc,
            _row_number asc
    ) = 1
