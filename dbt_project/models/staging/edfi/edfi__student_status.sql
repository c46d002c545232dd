{% set flags = {
    'is_economically_disadvantaged': 'economically_disadvantaged',
    'is_english_learner': 'english_learner',
    'has_disability': 'disability',
    'is_homeless': 'homeless',
    'is_in_foster_care': 'in_foster_care',
    'is_migrant': 'migrant',
    'is_military_connected': 'military_connected',
} %}

-- of what a delivery tells of some child, it tells of every child: of whom nothing stands there, it does not hold;
-- of whom a code stands there that nobody knows, it is unknown
with told_of as (

    select
        partner_id,
        school_year,
        collection,
        {% for circumstance in flags.values() %}
            bool_or(circumstance = '{{ circumstance }}') as tells_{{ circumstance }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('edfi__circumstance') }}
    group by all

),

told as (

    select
        partner_id,
        school_year,
        collection,
        student_unique_id,
        {% for circumstance in flags.values() %}
            bool_or(holds) filter (where circumstance = '{{ circumstance }}') as {{ circumstance }},
            bool_or(holds is null) filter (where circumstance = '{{ circumstance }}')
                as is_unknown_{{ circumstance }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('edfi__circumstance') }}
    group by partner_id, school_year, collection, student_unique_id

)

select
    students.community_id,
    students.partner_id,
    students.extract_id,
    students.school_year,
    students.collection,
    students.student_unique_id as student_id,
    cast(null as date) as status_start_date,
    cast(null as date) as status_end_date,
    {% for flag, circumstance in flags.items() %}
        case
            when told_of.tells_{{ circumstance }} and coalesce(not told.is_unknown_{{ circumstance }}, true)
                then coalesce(told.{{ circumstance }}, false)
        end as {{ flag }},
    {% endfor %}
    cast(null as boolean) as is_doubled_up,
    students._load_id,
    students._source_file,
    students._row_number
from {{ ref('edfi__student') }} as students
left join told_of on {{ same_delivery('students', 'told_of') }}
left join told
    on
        {{ same_delivery('students', 'told') }}
        and students.student_unique_id = told.student_unique_id
