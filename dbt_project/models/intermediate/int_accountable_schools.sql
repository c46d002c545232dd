with student_years as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        count(*) as n_schools,
        min(organization_id) as only_organization_id,
        min(partner_id) as only_partner_id,
        sum(attendance_days) as days_enrolled,
        sum(days_absent) as days_absent,
        count(attendance_days) > 0 as has_attendance,
        max_by(grade_level, latest_entry_date) filter (where grade_level is not null) as latest_grade_level
    from {{ ref('int_student_schools') }}
    group by community_id, person_id, school_year, collection

),

-- the few children with more than one school: most days, then the latest entry, then the lowest school id
chosen as (

    select
        schools.community_id,
        schools.person_id,
        schools.school_year,
        schools.collection,
        schools.organization_id,
        schools.partner_id,
        schools.grade_level
    from {{ ref('int_student_schools') }} as schools
    inner join student_years
        on
            schools.community_id = student_years.community_id
            and schools.person_id = student_years.person_id
            and schools.school_year = student_years.school_year
            and schools.collection = student_years.collection
    where student_years.n_schools > 1
    qualify
        row_number() over (
            partition by schools.community_id, schools.person_id, schools.school_year, schools.collection
            order by
                case
                    when student_years.has_attendance then schools.attendance_days
                    else schools.days_spanned
                end desc nulls last,
                schools.latest_entry_date desc nulls last,
                schools.organization_id asc
        ) = 1

),

-- children known from nothing else still have a place: the school of their test, disciplinary action or diploma
other_evidence as (

    {% for model in ['stg_assessment', 'fct_discipline', 'fct_diploma'] %}
        select
            community_id,
            person_id,
            school_year,
            collection,
            coalesce(organization_id, partner_id || ':unknown') as organization_id,
            partner_id
        from {{ ref(model) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    student_years.community_id,
    student_years.person_id,
    student_years.school_year,
    student_years.collection,
    coalesce(chosen.organization_id, student_years.only_organization_id) as organization_id,
    coalesce(chosen.partner_id, student_years.only_partner_id) as partner_id,
    coalesce(chosen.grade_level, student_years.latest_grade_level) as grade_level,
    true as is_enrolled,
    cast(student_years.n_schools as integer) as n_schools,
    cast(student_years.days_enrolled as decimal(18, 4)) as days_enrolled,
    cast(student_years.days_absent as decimal(18, 4)) as days_absent
from student_years
left join chosen
    on
        student_years.community_id = chosen.community_id
        and student_years.person_id = chosen.person_id
        and student_years.school_year = chosen.school_year
        and student_years.collection = chosen.collection
union all
select
    other_evidence.community_id,
    other_evidence.person_id,
    other_evidence.school_year,
    other_evidence.collection,
    min(other_evidence.organization_id) as organization_id,
    min_by(other_evidence.partner_id, other_evidence.organization_id) as partner_id,
    null as grade_level,
    false as is_enrolled,
    cast(count(distinct other_evidence.organization_id) as integer) as n_schools,
    null as days_enrolled,
    null as days_absent
from other_evidence
left join student_years
    on
        other_evidence.community_id = student_years.community_id
        and other_evidence.person_id = student_years.person_id
        and other_evidence.school_year = student_years.school_year
        and other_evidence.collection = student_years.collection
where student_years.person_id is null
group by
    other_evidence.community_id, other_evidence.person_id, other_evidence.school_year, other_evidence.collection
