{# The parts of each key add up to what every one of its rows says is the whole, to a millionth. #}
{% test sums_to(model, keys, parts, whole) %}
    select
        {{ keys | join(', ') }},
        sum({{ parts }}) as sum_of_parts,
        any_value({{ whole }}) as whole
    from {{ model }}
    group by {{ keys | join(', ') }}
    having abs(sum({{ parts }}) - any_value({{ whole }})) > 1e-6
{% endtest %}
