-- Presence is by nights: who leaves on a day does not sleep there any more; who comes and goes in one day was there
with stays as (

    select
        *,
        case
            when exit_date is null then make_date(9999, 12, 31)
            else greatest(entry_date, {{ days_before('exit_date', 1) }})
        end as last_night,
        -- the last Wednesday of January
        {{ days_before('make_date(school_year, 1, 31)', '(' ~ weekday('make_date(school_year, 1, 31)') ~ ' + 5) % 7') }}
            as count_date
    from ({{ stays_of_children() }}) as of_children
    where project_type in ({{ homeless_project_types() }})

),

nights as (

    select
        *,
        project_type in ({{ sheltering_project_types() }}) as is_shelter,
        case
            when eighteenth_birthday <= count_date then false
            -- after the last day that the source tells of a child may be anywhere, whether it left before or not
            when told_until_date < count_date then null
            else entry_date <= count_date and last_night >= count_date
        end as is_there_on_count_date
    from stays
    where entry_date <= make_date(school_year, 6, 30) and last_night >= make_date(school_year - 1, 7, 1)

)

select
    community_id,
    person_id,
    school_year,
    collection,
    count_date,
    case
        when bool_or(is_there_on_count_date) then true
        when bool_and(is_there_on_count_date is not null) then false
    end as is_homeless_on_count_date,
    case
        when bool_or(is_there_on_count_date and is_shelter) then true
        when bool_and(is_there_on_count_date is not null) then false
    end as is_sheltered_on_count_date,
    bool_or(is_shelter) as is_sheltered_in_school_year,
    cast(count(*) as integer) as n_stays
from nights
group by community_id, person_id, school_year, collection, count_date
