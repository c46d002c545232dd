{% set birthdays = [2, 3] %}

-- a patient's second and third birthday, with what was done for it before: birth dates are read in the lake and stay
-- there
with patients as (

    {{ patients() }}

),

birthdays as (

    {% for age in birthdays %}
        select
            community_id,
            person_id,
            school_year,
            collection,
            -- what was done before a partner tells of anything, nobody knows
            tells_development
            and development_told_from <= {{ years_after('birth_date', age - 1) }} as tells_development,
            tells_lead and lead_told_from <= birth_date as tells_lead,
            {{ age }} as age_years,
            {{ years_after('birth_date', age) }} as birthday
        from patients
        where {{ is_in_school_year(years_after('birth_date', age)) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- a result that no crosswalk knows may be of a screening that was not finished
done as (

    select distinct
        community_id,
        person_id,
        screening_type,
        screened_date,
        coalesce(screening_result, 'completed') <> 'unmapped' as is_sure
    from {{ ref('fct_screening') }}
    where coalesce(screening_result, 'completed') <> 'incomplete'

),

found as (

    select
        birthdays.community_id,
        birthdays.person_id,
        birthdays.school_year,
        birthdays.collection,
        birthdays.age_years,
        birthdays.tells_development,
        birthdays.tells_lead,
        bool_or(done.is_sure) filter (
            where done.screening_type = 'developmental'
            and done.screened_date > {{ years_after('birthdays.birthday', -1) }}
        ) as was_screened,
        bool_or(done.is_sure) filter (where done.screening_type = 'lead') as was_tested
    from birthdays
    left join done
        on
            birthdays.community_id = done.community_id
            and birthdays.person_id = done.person_id
            and birthdays.birthday >= done.screened_date
    group by all

)

select
    community_id,
    person_id,
    school_year,
    collection,
    age_years,
    -- nothing found is FALSE, something unsure NULL
    case
        when not tells_development then null
        when was_screened is null then false
        when was_screened then true
    end as has_developmental_screening,
    case
        when not tells_lead then null
        when was_tested is null then false
        when was_tested then true
    end as has_lead_test
from found
