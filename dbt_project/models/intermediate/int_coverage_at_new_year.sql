-- what is told of a child's insurance on the first of January; of several accounts, coverage by any is coverage
select
    community_id,
    person_id,
    school_year,
    'annual' as collection,
    bool_or(payer_type in ('medicaid', 'chip', 'private', 'other_public')) as is_covered
from {{ ref('fct_health_coverage') }}
where
    collection = 'annual' and payer_type not in ('unknown', 'unmapped')
    and make_date(school_year, 1, 1) between start_date and coalesce(end_date, make_date(9999, 12, 31))
group by community_id, person_id, school_year
