{# Projects whose clients are homeless: children in "emergency or transitional shelters" or sleeping where nobody is meant
   to, as the McKinney-Vento Act has it (42 U.S.C. 11434a(2)(B)). HUD's definition of literally homeless names the same
   (24 CFR 578.3, homeless (1)); doubled-up families, whom the Act counts too, are in no such project. #}
{% macro sheltering_project_types() -%}
    'emergency_shelter', 'safe_haven', 'transitional_housing'
{%- endmacro %}

{% macro homeless_project_types() -%}
    {{ sheltering_project_types() }}, 'street_outreach'
{%- endmacro %}

{# Stays of children in a school year: under 18 on its first day or, if they came later, on the day they entered (HUD's
   age in a reporting period: at the later of its start and of project entry). Who was a child at entry and grew up is none
   of the years after. Of those without a birth date nobody knows. #}
{% macro stays_of_children() %}
    select
        stays.*,
        {{ years_after('born.birth_date', 18) }} as eighteenth_birthday
    from {{ ref('fct_housing_episode') }} as stays
    inner join ({{ birth_dates(ref('fct_housing_episode')) }}) as born
        on stays.person_id = born.person_id
    where greatest(stays.entry_date, make_date(stays.school_year - 1, 7, 1)) < {{ years_after('born.birth_date', 18) }}
{% endmacro %}
