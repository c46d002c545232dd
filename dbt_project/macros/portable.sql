{# SQL that engines spell differently: one wrapper each, so that a model reads the same on any of them. #}

{% macro days_between(first_date, last_date) -%}
    {{ adapter.dispatch('days_between')(first_date, last_date) }}
{%- endmacro %}

{% macro default__days_between(first_date, last_date) -%}
    datediff('day', {{ first_date }}, {{ last_date }})
{%- endmacro %}

{% macro duckdb__days_between(first_date, last_date) -%}
    date_diff('day', {{ first_date }}, {{ last_date }})
{%- endmacro %}

{% macro spark__days_between(first_date, last_date) -%}
    datediff({{ last_date }}, {{ first_date }})
{%- endmacro %}

{# Full years from one date to another: the age of whoever was born on the first. #}
{% macro full_years_between(first_date, last_date) -%}
    {{ adapter.dispatch('full_years_between')(first_date, last_date) }}
{%- endmacro %}

{% macro default__full_years_between(first_date, last_date) -%}
    cast(floor(months_between({{ last_date }}, {{ first_date }}) / 12) as integer)
{%- endmacro %}

{% macro duckdb__full_years_between(first_date, last_date) -%}
    date_sub('year', {{ first_date }}, {{ last_date }})
{%- endmacro %}

{# A table expression's select item: one row per element of a list in a text, ';' separated unless said. #}
{% macro split_rows(text, separator=';') -%}
    {{ adapter.dispatch('split_rows')(text, separator) }}
{%- endmacro %}

{% macro default__split_rows(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}'))
{%- endmacro %}

{% macro spark__split_rows(text, separator) -%}
    explode(split({{ text }}, '[{{ separator }}]'))
{%- endmacro %}

{# Where in a list a value is, from 1 on. #}
{% macro position_of(value, list) -%}
    {{ adapter.dispatch('position_of')(value, list) }}
{%- endmacro %}

{% macro default__position_of(value, list) -%}
    list_position({{ list }}, {{ value }})
{%- endmacro %}

{% macro spark__position_of(value, list) -%}
    array_position({{ list }}, {{ value }})
{%- endmacro %}

{# What is there in a list; NULL where no position is told. #}
{% macro at_position(list, position) -%}
    {{ adapter.dispatch('at_position')(list, position) }}
{%- endmacro %}

{% macro default__at_position(list, position) -%}
    list_extract({{ list }}, {{ position }})
{%- endmacro %}

{% macro spark__at_position(list, position) -%}
    element_at({{ list }}, {{ position }})
{%- endmacro %}

{# A list of the different values of a group, in their order. #}
{% macro different_values(value) -%}
    {{ adapter.dispatch('different_values')(value) }}
{%- endmacro %}

{% macro default__different_values(value) -%}
    list(distinct {{ value }} order by {{ value }})
{%- endmacro %}

{% macro spark__different_values(value) -%}
    array_sort(collect_set({{ value }}))
{%- endmacro %}

{# Whether a list has a value; unknown of an unknown list or value. #}
{% macro has_value(list, value) -%}
    {{ adapter.dispatch('has_value')(list, value) }}
{%- endmacro %}

{% macro default__has_value(list, value) -%}
    list_contains({{ list }}, {{ value }})
{%- endmacro %}

{% macro spark__has_value(list, value) -%}
    array_contains({{ list }}, {{ value }})
{%- endmacro %}

{# A table expression's select item: one row per whole number from the first to the last; none where the last is less. #}
{% macro whole_numbers(first, last) -%}
    {{ adapter.dispatch('whole_numbers')(first, last) }}
{%- endmacro %}

{% macro default__whole_numbers(first, last) -%}
    unnest(range({{ first }}, {{ last }} + 1))
{%- endmacro %}

{% macro spark__whole_numbers(first, last) -%}
    explode(filter(sequence({{ first }}, {{ last }}), n -> {{ first }} <= {{ last }}))
{%- endmacro %}

{# A table expression's select items: one row per column of text, with its name and its value. #}
{% macro columns_as_rows(columns, name, value) -%}
    {{ adapter.dispatch('columns_as_rows')(columns, name, value) }}
{%- endmacro %}

{% macro default__columns_as_rows(columns, name, value) -%}
    unnest(['{{ columns | join("', '") }}']) as {{ name }},
            unnest([{{ columns | join(', ') }}]) as {{ value }}
{%- endmacro %}

{% macro spark__columns_as_rows(columns, name, value) -%}
    stack({{ columns | length }}{% for column in columns %}, '{{ column }}', {{ column }}{% endfor %}) as ({{ name }}, {{ value }})
{%- endmacro %}

{# Name of a file without folders and ending. #}
{% macro file_stem(path) -%}
    {{ adapter.dispatch('file_stem')(path) }}
{%- endmacro %}

{% macro default__file_stem(path) -%}
    parse_filename({{ path }}, true)
{%- endmacro %}

{% macro spark__file_stem(path) -%}
    regexp_extract({{ path }}, '([^/]+)\\.[^.]*$', 1)
{%- endmacro %}

{# A number of 64 bits that equal rows share and other rows hardly ever do. #}
{% macro row_hash(columns) -%}
    {{ adapter.dispatch('row_hash')(columns) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}

{# The same day some years later; of 29 February, the last day of the month. #}
{% macro years_after(day, years) -%}
    {{ adapter.dispatch('years_after')(day, years) }}
{%- endmacro %}

{% macro default__years_after(day, years) -%}
    cast({{ day }} + interval '{{ years }} years' as date)
{%- endmacro %}

{% macro spark__years_after(day, years) -%}
    add_months({{ day }}, 12 * {{ years }})
{%- endmacro %}

{# The same day some months later, the number told by a column; of a day that the month lacks, its last. #}
{% macro months_after(day, months) -%}
    {{ adapter.dispatch('months_after')(day, months) }}
{%- endmacro %}

{% macro default__months_after(day, months) -%}
    cast({{ day }} + to_months({{ months }}) as date)
{%- endmacro %}

{% macro spark__months_after(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}

{# A day some days earlier or, with a negative number, later. #}
{% macro days_before(day, days) -%}
    {{ adapter.dispatch('days_before')(day, days) }}
{%- endmacro %}

{% macro default__days_before(day, days) -%}
    ({{ day }} - {{ days }})
{%- endmacro %}

{% macro spark__days_before(day, days) -%}
    date_sub({{ day }}, {{ days }})
{%- endmacro %}

{# Monday is 0, Sunday 6. #}
{% macro weekday(day) -%}
    {{ adapter.dispatch('weekday')(day) }}
{%- endmacro %}

{% macro default__weekday(day) -%}
    cast(isodow({{ day }}) - 1 as integer)
{%- endmacro %}

{% macro spark__weekday(day) -%}
    weekday({{ day }})
{%- endmacro %}

{# The different values of a group in one text, in their order. #}
{% macro joined(text, separator=';') -%}
    {{ adapter.dispatch('joined')(text, separator) }}
{%- endmacro %}

{% macro default__joined(text, separator) -%}
    string_agg(distinct {{ text }}, '{{ separator }}' order by {{ text }})
{%- endmacro %}

{% macro spark__joined(text, separator) -%}
    array_join(array_sort(collect_set({{ text }})), '{{ separator }}')
{%- endmacro %}
