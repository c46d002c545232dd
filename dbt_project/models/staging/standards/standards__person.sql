{% set columns = raw_columns('person') | join(', ') %}

{% for model in standard_models()['person'] %}
    select {{ columns }}
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
