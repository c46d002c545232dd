{# What a stay in a project says, in the columns of housing_episode: one rule each, for every standard. #}

{# Under 18; NULL where the birth date is not known. #}
{% macro is_child_on(birth_date, day) -%}
    {{ full_years_between(birth_date, day) }} < 18
{%- endmacro %}

{# There on at least one day from first_day to last_day; the day of exit counts. #}
{% macro is_active_between(stays, first_day, last_day) -%}
    {{ stays }}.entry_date <= {{ last_day }} and coalesce({{ stays }}.exit_date >= {{ first_day }}, true)
{%- endmacro %}

{# Left for permanent housing from first_day to last_day, by the conformed destination. #}
{% macro is_exit_to_permanent_housing(stays, first_day, last_day) -%}
    coalesce(
        {{ stays }}.exit_date between {{ first_day }} and {{ last_day }}
        and {{ stays }}.exit_destination = 'permanent',
        false
    )
{%- endmacro %}
