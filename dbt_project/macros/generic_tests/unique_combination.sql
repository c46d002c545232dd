{# Rows that share all of `columns`, or lack one that is not `optional`: the primary key of a table with several key columns. #}
{% test unique_combination(model, columns, optional=[]) %}
    select
        {{ columns | join(', ') }},
        count(*) as n_rows
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns if column not in optional %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}
