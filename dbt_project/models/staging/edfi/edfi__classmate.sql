with children as (

    select
        community_id,
        partner_id,
        extract_id,
        school_year,
        collection,
        student_unique_id,
        school_id,
        {{ joined("concat_ws('|', first_day, last_day, own_calendar)") }} as spells,
        min(_load_id) as _load_id,
        min(_source_file) as _source_file,
        min(_row_number) as _row_number
    from {{ ref('edfi__calendar_spell') }}
    group by community_id, partner_id, extract_id, school_year, collection, student_unique_id, school_id

)

select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    student_unique_id,
    school_id,
    min(student_unique_id) over (
        partition by partner_id, school_year, collection, school_id, spells
    ) as first_classmate_id,
    _load_id,
    _source_file,
    _row_number
from children
