-- who tells of nobody in a year tells nothing: nobody is known to have been without it
with told as (

    {% for circumstance, model in {
        'assistance': 'fct_housing_assistance',
        'homeless_system': 'fct_housing_episode',
        'participation': 'fct_participation',
    }.items() %}
        select distinct
            community_id,
            school_year,
            '{{ circumstance }}' as circumstance
        from {{ ref(model) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- of a child each year before kindergarten is asked for: a year between two that are told need not be told
of_preschool as (

    select
        community_id,
        {{ different_values('school_year') }} as early_learning_years
    from {{ ref('fct_early_learning') }}
    group by community_id

),

years as (

    select
        community_id,
        {{ whole_numbers('first_school_year', 'last_school_year') }} as school_year
    from {{ source('reference', 'communities') }}

)

select
    years.community_id,
    cast(years.school_year as integer) as school_year,
    coalesce(bool_or(told.circumstance = 'assistance' and told.school_year = years.school_year), false)
        as tells_assistance,
    coalesce(bool_or(told.circumstance = 'homeless_system' and told.school_year = years.school_year), false)
        as tells_homeless_system,
    coalesce(bool_or(told.circumstance = 'participation' and told.school_year = years.school_year), false)
        as tells_participation,
    any_value(of_preschool.early_learning_years) as early_learning_years
from years
left join told on years.community_id = told.community_id
left join of_preschool on years.community_id = of_preschool.community_id
group by years.community_id, years.school_year
