{% set numbers = [
    ('school', 'school_id', rows_of('enrollment')),
    ('site', 'site_id', source('raw', 'participation')),
    ('site', 'site_id', source('raw', 'early_learning')),
    ('project', 'project_id', source('raw', 'housing_episode')),
    ('project', 'project_id', source('raw', 'hmis_enrollment')),
] %}

-- HMIS stays by their own table, for what hmis__housing_episode does beside is not needed here
{% for entity, number, rows in numbers %}
    select distinct
        '{{ entity }}' as entity,
        community_id,
        partner_id,
        lower(trim({{ number }})) as local_id
    from {{ rows }}
    where {{ number }} is not null
    {% if not loop.last %}union{% endif %}
{% endfor %}
