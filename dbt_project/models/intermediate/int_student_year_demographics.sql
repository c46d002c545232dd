-- what is unknown or unmapped decides nothing; NULL here is for a later fallback
select
    person.community_id,
    person.person_id,
    person.school_year,
    person.collection,
    -- partners that disagree: the accountable school's partner decides, else the first in the alphabet of values
    coalesce(
        max(person.gender) filter (
            where person.partner_id = places.partner_id and person.gender not in ('unknown', 'unmapped')
        ),
        min(person.gender) filter (where person.gender not in ('unknown', 'unmapped'))
    ) as gender,
    coalesce(
        max(person.race_ethnicity) filter (
            where person.partner_id = places.partner_id and person.race_ethnicity not in ('unknown', 'unmapped')
        ),
        min(person.race_ethnicity) filter (where person.race_ethnicity not in ('unknown', 'unmapped'))
    ) as race_ethnicity,
    cast(min(person.birth_year) as integer) as birth_year
from {{ ref('stg_person') }} as person
left join {{ ref('int_accountable_schools') }} as places
    on
        person.community_id = places.community_id
        and person.person_id = places.person_id
        and person.school_year = places.school_year
        and person.collection = places.collection
group by person.community_id, person.person_id, person.school_year, person.collection
