-- A crosswalk that conforms to a code no list has would make a subgroup of its own: a spelling to mend in
-- crosswalks/<partner>.csv. A field without a code list (performance_level) takes any code.
{{ config(meta = {
    'description': 'Every conformed code of a crosswalk is in the conformed code list of its field.',
    'dagster': {'ref': {'name': 'stg_crosswalk'}},
}) }}

{% set fields = code_columns().values() | sum(start = []) | unique | list %}

with known_codes as (

    {% for field in fields %}
        select
            '{{ field }}' as field,
            code
        from {{ ref(field) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    crosswalk.partner_id,
    crosswalk.field,
    crosswalk.conformed_code
from {{ ref('stg_crosswalk') }} as crosswalk
left join known_codes
    on crosswalk.field = known_codes.field and crosswalk.conformed_code = known_codes.code
where
    known_codes.code is null
    and crosswalk.field in ('{{ fields | join("', '") }}')
