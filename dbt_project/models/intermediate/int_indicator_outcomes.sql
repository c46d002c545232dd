{{ config(materialized = 'view') }}

-- depends_on: {{ source('reference', 'indicator_selection') }}
{% for indicator in selected_indicators() %}
    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        indicator_id,
        definition_version,
        is_success
    from {{ ref(indicator) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
