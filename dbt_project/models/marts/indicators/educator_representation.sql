with definitions as (

    {{ definitions('educator_representation', {
        'minimum_parity': 'decimal(6, 4)',
        'minimum_share_told': 'decimal(6, 4)',
        'minimum_teachers': 'integer',
    }) }}

),

-- parity: the share of teachers who are of a group beside that of students
groups as (

    select
        races.community_id,
        races.organization_id,
        races.school_year,
        races.collection,
        races.race,
        definitions.definition_version,
        races.n_teachers > 0
        and races.n_teachers * races.n_all_students
        >= definitions.minimum_parity * races.n_students * races.n_teachers_told as is_represented
    from {{ ref('int_school_races') }} as races
    {{ join_definitions('races') }}
    where
        -- of few teachers, what their children's results are would tell the race of each
        races.n_teachers_told >= definitions.minimum_teachers
        and races.n_teachers_told >= definitions.minimum_share_told * races.n_all_teachers

),

schools as (

    select
        community_id,
        organization_id,
        school_year,
        collection,
        definition_version,
        {% for race in reported_races() %}
            bool_or(is_represented and race = '{{ race }}') as has_{{ race }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from groups
    group by community_id, organization_id, school_year, collection, definition_version

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'educator_representation' as indicator_id,
    schools.definition_version,
    -- of several groups of a child one is enough
    false
    {% for race in reported_races() %}
        or (students.{{ race }}_in_combination = 'yes' and schools.has_{{ race }})
    {% endfor %}
        as is_success
from {{ ref('fct_student_year') }} as students
inner join schools using (community_id, organization_id, school_year, collection)
where students.is_enrolled and students.{{ reported_races()[0] }}_in_combination <> 'unknown'
