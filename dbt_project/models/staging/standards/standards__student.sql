{% set models = [] %}
{% for entity, of_entity in standard_models().items() if 'student_id' in raw_columns(entity) %}
    {% do models.extend(of_entity) %}
{% endfor %}

{% for model in models %}
    select
        partner_id,
        student_id
    from {{ ref(model) }}
    where student_id is not null
    {% if not loop.last %}union{% endif %}
{% endfor %}
