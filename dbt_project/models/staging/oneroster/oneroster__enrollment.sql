with schooled as (

    select
        *,
        max(primary_rank) over one_student as first_rank,
        min(primary_rank) over one_student as last_rank,
        max_by(entry_date, (primary_rank, school_id)) over one_student as first_day_at_primary,
        max_by(coalesce(exit_date, {{ last_day_of() }}), (primary_rank, school_id)) over one_student
            as last_day_at_primary
    from {{ ref('oneroster__student_schools') }}
    where school_id is not null
    window one_student as (partition by partner_id, extract_id, school_year, collection, student_id)

)

select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    student_id,
    school_id,
    -- of several grades none is the child's
    case when grades not like '%,%' then grades end as grade_level,
    entry_date,
    exit_date,
    cast(null as varchar) as exit_code,
    -- a school that the child was at before or after the primary one was the child's own then
    case
        when first_rank = last_rank then null
        when primary_rank = first_rank then true
        when
            entry_date <= last_day_at_primary
            and coalesce(exit_date, {{ last_day_of() }}) >= first_day_at_primary
            then false
    end as is_primary,
    _load_id,
    _source_file,
    _row_number
from schooled
