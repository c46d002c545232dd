with class_terms as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        sourced_id,
        trim(unnest(string_split(term_sourced_ids, ','))) as term_sourced_id
    from {{ source('raw', 'oneroster_class') }}

),

-- an export may hold classes of more than one school year; a term that it does not hold tells nothing
classes_of_other_years as (

    select
        class_terms.partner_id,
        class_terms.extract_id,
        class_terms.school_year,
        class_terms.collection,
        class_terms.sourced_id
    from class_terms
    inner join {{ source('raw', 'oneroster_academic_session') }} as terms
        on
            {{ same_delivery('class_terms', 'terms') }}
            and class_terms.term_sourced_id = terms.sourced_id
    inner join {{ ref('oneroster__school_year') }} as school_years
        on {{ same_delivery('class_terms', 'school_years') }}
    group by all
    having max(terms.end_date) < min(school_years.first_date) or min(terms.start_date) > max(school_years.last_date)

)

select
    classes.partner_id,
    classes.extract_id,
    classes.school_year,
    classes.collection,
    classes.sourced_id as class_id,
    classes.school_sourced_id as school_id,
    {{ is_not_deleted('classes.status') }} as is_there,
    elsewhere.sourced_id is null as is_of_school_year
from {{ source('raw', 'oneroster_class') }} as classes
left join classes_of_other_years as elsewhere
    on
        {{ same_delivery('classes', 'elsewhere') }}
        and classes.sourced_id = elsewhere.sourced_id
