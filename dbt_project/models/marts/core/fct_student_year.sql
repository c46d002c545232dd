select
    places.community_id,
    places.person_id,
    places.school_year,
    places.collection,
    places.organization_id,
    places.partner_id,
    places.grade_level,
    attributes.race_ethnicity,
    attributes.gender,
    attributes.economic_disadvantage,
    attributes.english_learner,
    attributes.disability,
    attributes.homelessness,
    attributes.foster_care,
    attributes.migrant,
    attributes.military_connected,
    places.is_enrolled,
    places.n_schools,
    places.days_enrolled,
    places.days_absent
from {{ ref('int_accountable_schools') }} as places
inner join {{ ref('int_student_year_attributes') }} as attributes
    on
        places.community_id = attributes.community_id
        and places.person_id = attributes.person_id
        and places.school_year = attributes.school_year
        and places.collection = attributes.collection
