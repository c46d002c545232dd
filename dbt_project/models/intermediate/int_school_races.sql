{% set columns = [] %}
{% for race in reported_races() %}{% do columns.append(race ~ '_in_combination') %}{% endfor %}
{% set school = ['community_id', 'organization_id', 'school_year', 'collection'] %}

-- few profiles, so that seven groups of each are few rows
with profiles as (

    select
        {{ school | join(', ') }},
        {{ columns | join(', ') }},
        count(*) as n_students
    from {{ ref('fct_student_year') }}
    where is_enrolled and {{ columns[0] }} <> 'unknown'
    group by all

),

students as (

    select
        {{ school | join(', ') }},
        replace(in_combination, '_in_combination', '') as race,
        sum(n_students) as n_all_students,
        coalesce(sum(n_students) filter (where is_of_race = 'yes'), 0) as n_students
    from (
        select
            *,
            {{ columns_as_rows(columns, 'in_combination', 'is_of_race') }}
        from profiles
    ) as by_race
    group by all

),

-- who teaches in two positions at a school is one teacher; who is only called of two or more races is in no known group
teachers as (

    select
        {{ school | join(', ') }},
        staff_key,
        nullif(max(races), 'two_or_more_races') as races
    from {{ ref('fct_staff_assignment') }}
    where staff_classification = 'teacher' and is_in_post_on_october_1
    group by all

),

staffs as (

    select
        {{ school | join(', ') }},
        count(*) as n_all_teachers,
        count(races) as n_teachers_told
    from teachers
    group by all

),

teachers_by_race as (

    select
        {{ school | join(', ') }},
        race,
        count(*) as n_teachers
    from (
        select
            *,
            {{ split_rows('races') }} as race
        from teachers
    ) as by_race
    group by all

)

select
    students.community_id,
    students.organization_id,
    students.school_year,
    students.collection,
    students.race,
    cast(students.n_students as bigint) as n_students,
    cast(students.n_all_students as bigint) as n_all_students,
    coalesce(teachers_by_race.n_teachers, 0) as n_teachers,
    staffs.n_teachers_told,
    staffs.n_all_teachers
from students
inner join staffs using ({{ school | join(', ') }})
left join teachers_by_race using ({{ school | join(', ') }}, race)
