{# Projects whose clients are homeless: children in "emergency or transitional shelters" or sleeping where nobody is meant
   to, as the McKinney-Vento Act has it (42 U.S.C. 11434a(2)(B)). HUD's definition of literally homeless names the same
   (24 CFR 578.3, homeless (1)); doubled-up families, whom the Act counts too, are in no such project. #}
{% macro sheltering_project_types() -%}
    'emergency_shelter', 'safe_haven', 'transitional_housing'
{%- endmacro %}

{% macro homeless_project_types() -%}
    {{ sheltering_project_types() }}, 'street_outreach'
{%- endmacro %}

{# Stays of children, under 18 on the day they entered; of those without a birth date nobody knows. #}
{% macro stays_of_children() %}
    select stays.*
    from {{ ref('fct_housing_episode') }} as stays
    inner join ({{ birth_dates(ref('fct_housing_episode')) }}) as born
        on stays.person_id = born.person_id
    where stays.entry_date < {{ years_after('born.birth_date', 18) }}
{% endmacro %}
