{# First and last day of the school year of a delivery. An ODS may hold several years, and a delivery tells of one. #}
{% macro first_day_of(school_year='school_year') -%}
    make_date({{ school_year }} - 1, 7, 1)
{%- endmacro %}

{% macro last_day_of(school_year='school_year') -%}
    make_date({{ school_year }}, 6, 30)
{%- endmacro %}

{% macro is_in_school_year(day, school_year='school_year') -%}
    {{ day }} between {{ first_day_of(school_year) }} and {{ last_day_of(school_year) }}
{%- endmacro %}
