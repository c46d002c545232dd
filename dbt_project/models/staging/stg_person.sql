select
    links.person_id,
    person.community_id,
    person.partner_id,
    person.student_id,
    person.school_year,
    person.collection,
    coalesce(year(person.birth_date), person.birth_year) as birth_year,
    {{ conformed('gender') }},
    {{ federal_race('race_ethnicity_codes', 'hispanic_ethnicity_codes') }} as race_ethnicity,
    case when not race_ethnicity_codes.is_mapped then race_ethnicity_codes.partner_code end as race_ethnicity_partner,
    -- all that is reported, Hispanic or Latino among them; what no crosswalk knows may be any of them
    {{ all_races('race_ethnicity_codes', 'hispanic_ethnicity_codes') }} as races,
    person.race_ethnicity as race_ethnicity_reported,
    {{ conformed('hispanic_ethnicity') }},
    {{ conformed('home_language') }},
    person.zip_code,
    person.tract_id,
    person.extract_id,
    person._load_id,
    person._row_number
from {{ rows_of('person') }} as person
{{ join_person('person') }}
{{ join_codes('gender', 'person') }}
{{ join_codes('race_ethnicity', 'person') }}
{{ join_codes('hispanic_ethnicity', 'person') }}
{{ join_codes('home_language', 'person') }}
