{# Partner codes to conformed codes. A code column of an extract is looked up in stg_codes, which maps every code seen;
   what no crosswalk knows reads 'unmapped', and the partner's code stays beside it. #}

{% macro conformed(column) -%}
    {{ column }}_codes.conformed_code as {{ column }},
    case when not {{ column }}_codes.is_mapped then {{ column }}_codes.partner_code end as {{ column }}_partner
{%- endmacro %}

{% macro join_codes(column, rows) -%}
    left join {{ ref('stg_codes') }} as {{ column }}_codes
        on
            {{ column }}_codes.field = '{{ column }}'
            and {{ rows }}.{{ column }} = {{ column }}_codes.partner_code
            and {{ rows }}.extract_id = {{ column }}_codes.extract_id
            and {{ rows }}.school_year = {{ column }}_codes.school_year
{%- endmacro %}

{# The one identity of a child behind a partner's student number. #}
{% macro join_person(rows) -%}
    left join {{ source('identity', 'person_links') }} as links
        on
            {{ rows }}.partner_id = links.partner_id
            and {{ rows }}.student_id = links.student_id
{%- endmacro %}

{# Ids of schools, programs and places are the partner's own; with the partner in front they are unique in a
   deployment. #}
{% macro scoped_id(rows, column) -%}
    {{ rows }}.partner_id || ':' || lower(trim({{ rows }}.{{ column }}))
{%- endmacro %}

{# The one place behind a partner's school, site or project, by its scoped id. #}
{% macro join_place(rows, column, entity) -%}
    left join {{ source('identity', 'place_links') }} as places
        on
            places.entity = '{{ entity }}'
            and {{ rows }}.{{ column }} = places.account_id
{%- endmacro %}

{# The place a school is, by its last code: what an organization_id is in every fact of the school sector. #}
{% macro organization_id(rows) -%}
    coalesce(later_school.geography_id, {{ scoped_id(rows, 'school_id') }})
{%- endmacro %}

{% macro join_organization(rows) -%}
    {{ join_later_code(rows, 'school', scoped_id(rows, 'school_id')) }}
{%- endmacro %}

{# A geography that had this code in the row's school year and was given another one later, as later_<level>: so its years
   are one series. #}
{% macro join_later_code(rows, level, code) -%}
    left join {{ source('reference', 'geography_changes') }} as later_{{ level }}
        on
            later_{{ level }}.geography_level = '{{ level }}'
            and {{ rows }}.community_id = later_{{ level }}.community_id
            and {{ code }} = later_{{ level }}.former_id
            and {{ rows }}.school_year < later_{{ level }}.first_year
{%- endmacro %}

{# What schools of a partner are together that no file describes and a few children alone are at; no code is ':unlisted'. #}
{% macro unlisted(partner_id) -%}
    {{ partner_id }} || '::unlisted'
{%- endmacro %}
