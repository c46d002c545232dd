{{ config(materialized = 'view') }}

-- what the school says, and what the school or the homeless system says
{% for rule, column in {'school': 'homelessness', 'any_source': 'homelessness_any_source'}.items() %}
    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        '{{ rule }}' as counted_by,
        {{ column }} = 'yes' as is_homeless
    from {{ ref('fct_student_year') }}
    -- where the school does not tell, only the homeless system's children could be known: the doubled-up are not in it
    where is_enrolled and homelessness <> 'unknown'
    {% if not loop.last %}union all{% endif %}
{% endfor %}
