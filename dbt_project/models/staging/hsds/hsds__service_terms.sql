with terms_of_services as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        link_id as service_id,
        taxonomy_term_id
    from {{ source('raw', 'hsds_attribute') }}
    where lower(link_entity) in ('service', 'services')
    union all
    -- in HSDS 1 and the Ohana API a service lists its terms itself
    select
        partner_id,
        extract_id,
        school_year,
        collection,
        id as service_id,
        trim({{ split_rows("replace(taxonomy_ids, ',', ';')") }}) as taxonomy_term_id
    from {{ source('raw', 'hsds_service') }}
    where taxonomy_ids is not null

)

select
    given.partner_id,
    any_value(given.extract_id) as extract_id,
    given.school_year,
    given.collection,
    given.service_id,
    {{ joined('terms.name') }} as taxonomy_terms
from terms_of_services as given
inner join {{ source('raw', 'hsds_taxonomy_term') }} as terms
    on
        {{ same_delivery('given', 'terms') }}
        and given.taxonomy_term_id = terms.id
group by given.partner_id, split_part(given.extract_id, '.', 3), given.school_year, given.collection, given.service_id
