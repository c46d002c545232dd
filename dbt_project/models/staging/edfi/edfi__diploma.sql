with awarded as (

    select
        *,
        {{ split_rows('diploma_types') }} as diploma_type,
        try_cast(nullif({{ split_rows('diploma_award_dates') }}, '') as date) as diploma_date
    from {{ source('raw', 'edfi_student_academic_record') }}
    where diploma_types is not null

)

select
    awarded.community_id,
    awarded.partner_id,
    awarded.extract_id,
    awarded.school_year,
    awarded.collection,
    awarded.student_unique_id as student_id,
    -- a record may be a district's
    schools.school_id,
    awarded.diploma_date,
    awarded.diploma_type,
    awarded._load_id,
    awarded._source_file,
    awarded._row_number
from awarded
left join {{ source('raw', 'edfi_school') }} as schools
    on
        {{ same_delivery('awarded', 'schools') }}
        and awarded.education_organization_id = schools.school_id
where
    awarded.diploma_type <> ''
    and coalesce(
        {{ is_in_school_year('awarded.diploma_date', 'awarded.school_year') }},
        awarded.told_school_year = awarded.school_year,
        false
    )
-- each term's record may tell of the same diploma; of which kind one needs to be, a reader knows
qualify row_number() over (
        partition by
            awarded.partner_id, awarded.school_year, awarded.collection, awarded.student_unique_id,
            awarded.diploma_date, awarded.diploma_type
        order by schools.school_id asc nulls last, awarded._row_number asc
    ) = 1
