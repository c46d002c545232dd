{# 95 % intervals of shares and of their differences, from counts. Low and high end of Wilson's score interval:
   Wilson (1927), JASA 22:209-212; no continuity correction. z = 1.959964 is the 97.5 % point of the normal. #}
{% macro normal_z() -%}
    1.959963984540054
{%- endmacro %}

{% macro wilson_low(numerator, denominator) -%}
    case when {{ numerator }} is not null then {# greatest() passes over NULL -#}
        greatest(0.0, ({{ _wilson_centre(numerator, denominator) }}) - ({{ _wilson_half(numerator, denominator) }}))
    end
{%- endmacro %}

{% macro wilson_high(numerator, denominator) -%}
    case when {{ numerator }} is not null then
        least(1.0, ({{ _wilson_centre(numerator, denominator) }}) + ({{ _wilson_half(numerator, denominator) }}))
    end
{%- endmacro %}

{% macro _wilson_centre(numerator, denominator) -%}
    ({{ numerator }} + {{ normal_z() }} * {{ normal_z() }} / 2)
    / ({{ denominator }} + {{ normal_z() }} * {{ normal_z() }})
{%- endmacro %}

{% macro _wilson_half(numerator, denominator) -%}
    {{ normal_z() }} * sqrt(
        cast({{ numerator }} as double) * ({{ denominator }} - {{ numerator }}) / {{ denominator }}
        + {{ normal_z() }} * {{ normal_z() }} / 4
    ) / ({{ denominator }} + {{ normal_z() }} * {{ normal_z() }})
{%- endmacro %}

{# The difference of two independent shares, first minus second: Newcombe's hybrid score interval, method 10 of
   Newcombe (1998), Statistics in Medicine 17:873-890. Takes shares and the ends of their Wilson intervals. #}
{% macro newcombe_low(first, first_low, second, second_high) -%}
    {{ first }} - {{ second }}
    - sqrt(power({{ first }} - {{ first_low }}, 2) + power({{ second_high }} - {{ second }}, 2))
{%- endmacro %}

{% macro newcombe_high(first, first_high, second, second_low) -%}
    {{ first }} - {{ second }}
    + sqrt(power({{ first_high }} - {{ first }}, 2) + power({{ second }} - {{ second_low }}, 2))
{%- endmacro %}

{# Two-sided p value of the pooled two-proportion z test: how often two samples of one share differ as much or more. 1 where
   both shares are 0 or 1. #}
{% macro two_proportion_p(numerator, denominator, other_numerator, other_denominator) -%}
    coalesce(2 * ({{ upper_tail(
        'abs(cast(' ~ numerator ~ ' as double) / ' ~ denominator ~ ' - cast(' ~ other_numerator ~ ' as double) / '
        ~ other_denominator ~ ') / nullif(sqrt(cast(' ~ numerator ~ ' + ' ~ other_numerator ~ ' as double) / (' ~ denominator
        ~ ' + ' ~ other_denominator ~ ') * (1 - cast(' ~ numerator ~ ' + ' ~ other_numerator ~ ' as double) / (' ~ denominator
        ~ ' + ' ~ other_denominator ~ ')) * (1.0 / ' ~ denominator ~ ' + 1.0 / ' ~ other_denominator ~ ')), 0)'
    ) }}), 1.0)
{%- endmacro %}

{# The normal distribution above z >= 0, to 7.5e-8: Abramowitz and Stegun (1964), 26.2.17. #}
{% macro upper_tail(z) -%}
    {%- set t = '(1 / (1 + 0.2316419 * (' ~ z ~ ')))' -%}
    0.3989422804014327 * exp(-power({{ z }}, 2) / 2) * {{ t }} * (
        0.319381530 + {{ t }} * (-0.356563782 + {{ t }} * (1.781477937 + {{ t }} * (-1.821255978 + {{ t }} * 1.330274429)))
    )
{%- endmacro %}

{# Where the range of so many points begins that a rate is in; the last one has 100 % in it. #}
{% macro range_low(rate, points) -%}
    least(floor(round(100 * {{ rate }} / {{ points }}, 6)) * {{ points }}, 100 - {{ points }}) / 100
{%- endmacro %}

{# A count of children in steps of `to`; never 0, which would say that there is nobody. #}
{% macro rounded_count(n, to) -%}
    case when {{ n }} is not null then greatest(1, round({{ n }} / {{ to }})) * {{ to }} end
{%- endmacro %}

{# How many points wide the range is that is at least five children wide, whatever number was rounded to this one. #}
{% macro range_points(rounded, to, minimum) -%}
    {%- set least_count = 'if(' ~ rounded ~ ' = ' ~ to ~ ', ' ~ minimum ~ ', ' ~ rounded ~ ' - ' ~ to ~ ' / 2)' -%}
    case
        when {{ least_count }} >= 100 then 5
        when {{ least_count }} >= 50 then 10
        when {{ least_count }} >= 25 then 20
        else 50
    end
{%- endmacro %}
