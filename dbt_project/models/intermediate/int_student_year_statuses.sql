{% set flags = [
    'is_economically_disadvantaged', 'is_english_learner', 'has_disability', 'is_homeless', 'is_in_foster_care',
    'is_migrant', 'is_military_connected',
] %}

select
    community_id,
    person_id,
    school_year,
    collection,
    {% for flag in flags %}
        bool_or(case when {{ flag }} is not null then {{ flag }} and is_in_school_year end) as {{ flag }}{% if not loop.last %},{% endif %}
    {% endfor %}
from {{ ref('stg_student_status') }}
group by community_id, person_id, school_year, collection
