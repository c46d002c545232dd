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
