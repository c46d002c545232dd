{# Rows that share all of `columns`, or lack one that is not `optional`: the primary key of a table with several key columns.
   Columns that are `complete` are no part of the key, but never NULL either.
   Only rows whose hashes meet are grouped by the columns themselves, which takes a fifth of the time. #}
{% test unique_combination(model, columns, optional=[], complete=[]) %}
    with repeated as (

        select {{ milepost.row_hash(columns) }} as row_hash
        from {{ model }}
        group by {{ milepost.row_hash(columns) }}
        having count(*) > 1

    )

    select
        {{ columns | join(', ') }},
        count(*) as n_rows
    from {{ model }}
    where
        {{ milepost.row_hash(columns) }} in (select repeated.row_hash from repeated)
        {%- for column in columns if column not in optional %}
        or {{ column }} is null
        {%- endfor %}
        {%- for column in complete %}
        or {{ column }} is null
        {%- endfor %}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns if column not in optional %}
        or {{ column }} is null
        {%- endfor %}
        {%- for column in complete %}
        or count(*) > count({{ column }})
        {%- endfor %}
{% endtest %}
