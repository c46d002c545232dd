-- the four quarters that begin with January of the n-th year after high school, where wage records are told of each
with delivered_quarters as (

    select
        community_id,
        partner_id,
        school_year,
        collection,
        wage_year,
        wage_year * 4 + wage_quarter as quarter_number
    from {{ ref('fct_employment') }}
    group by all

),

-- a delivery tells of its last quarter and of those right before it: one that stands alone behind a hole is a record
-- that came late, not a quarter of everybody's
told_quarters as (

    select
        community_id,
        wage_year,
        quarter_number
    from delivered_quarters
    qualify
        quarter_number
        + row_number()
            over (
                partition by community_id, partner_id, school_year, collection
                order by quarter_number desc
            )
        = max(quarter_number) over (partition by community_id, partner_id, school_year, collection) + 1

),

-- a year of which a quarter never came would be one in which nobody worked
told as (

    select
        community_id,
        wage_year
    from told_quarters
    group by community_id, wage_year
    having count(distinct quarter_number) = 4

),

-- of several files that tell of one employer and quarter, the newest counts
accounts as (

    select
        community_id,
        person_id,
        wage_year,
        wage_quarter,
        sum(wages) as wages
    from {{ ref('fct_employment') }}
    group by community_id, person_id, partner_id, employer_id, wage_year, wage_quarter, school_year, collection
    qualify
        row_number() over (
            partition by community_id, person_id, partner_id, employer_id, wage_year, wage_quarter
            order by school_year desc, case when collection = 'annual' then 0 else 1 end asc, collection asc
        ) = 1

),

quarters as (

    select
        community_id,
        person_id,
        wage_year,
        wage_quarter,
        sum(wages) as wages
    from accounts
    where wages > 0
    group by community_id, person_id, wage_year, wage_quarter

),

years as (

    select {{ whole_numbers(1, 10) }} as n_years

)

select
    graduates.community_id,
    graduates.person_id,
    graduates.school_year,
    graduates.collection,
    graduates.organization_id,
    cast(years.n_years as integer) as n_years,
    cast(count(quarters.wage_quarter) as integer) as n_quarters,
    coalesce(sum(quarters.wages), 0) as wages
from {{ ref('int_graduates') }} as graduates
cross join years
inner join told
    on
        graduates.community_id = told.community_id
        and graduates.school_year + years.n_years = told.wage_year
left join quarters
    on
        graduates.community_id = quarters.community_id
        and graduates.person_id = quarters.person_id
        and graduates.school_year + years.n_years = quarters.wage_year
group by
    graduates.community_id, graduates.person_id, graduates.school_year, graduates.collection,
    graduates.organization_id, years.n_years
