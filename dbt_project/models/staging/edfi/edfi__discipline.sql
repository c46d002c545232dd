with actions as (

    select
        *,
        -- numbers of incidents are those of a school
        case
            when incident_identifiers is null then discipline_action_identifier
            else concat_ws(':', incident_school_id, split_part(incident_identifiers, ';', 1))
        end as incident_id,
        {{ split_rows('disciplines') }} as discipline
    from {{ source('raw', 'edfi_discipline_action') }}
    where {{ is_in_school_year('discipline_date') }}

)

-- the same measure taken again for the same incident is one, of all its days
select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    student_unique_id as student_id,
    min(coalesce(incident_school_id, responsibility_school_id)) as school_id,
    incident_id,
    discipline as action_code,
    min(discipline_date) as action_date,
    cast(sum(
        case
            when regexp_matches(lower(discipline), 'suspension|expulsion|removal')
                then coalesce(actual_discipline_action_length, discipline_action_length)
        end
    ) as decimal(18, 4)) as days_removed,
    min(_load_id) as _load_id,
    min(_source_file) as _source_file,
    min(_row_number) as _row_number
from actions
group by community_id, partner_id, extract_id, school_year, collection, student_unique_id, incident_id, discipline
