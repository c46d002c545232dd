-- children known from nothing else still have a place: the school of their test, disciplinary action or diploma
with evidence as (

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
    evidence.community_id,
    evidence.person_id,
    evidence.school_year,
    evidence.collection,
    min(evidence.organization_id) as organization_id,
    min_by(evidence.partner_id, evidence.organization_id) as partner_id,
    cast(count(distinct evidence.organization_id) as integer) as n_schools
from evidence
left join {{ ref('int_enrolled_years') }} as enrolled
    on
        evidence.community_id = enrolled.community_id
        and evidence.person_id = enrolled.person_id
        and evidence.school_year = enrolled.school_year
        and evidence.collection = enrolled.collection
where enrolled.person_id is null
group by evidence.community_id, evidence.person_id, evidence.school_year, evidence.collection
