{# Whether a number reaches a limit, where it is only known to lie from `low` to `high`: NULL where both may be true.
   A NULL as `high` is no upper bound, as `low` zero. #}
{% macro at_least(low, high, limit) -%}
    case when {{ low }} >= {{ limit }} then true when {{ high }} < {{ limit }} then false end
{%- endmacro %}

{% macro at_most(low, high, limit) -%}
    case when {{ low }} > {{ limit }} then false when {{ high }} <= {{ limit }} then true end
{%- endmacro %}

{# Rows of which every part of a definition is known, yes or no. One part that fails would decide, but a child of whom another
   is unknown would then count only if it fails, and the rate would fall with every fact that is missing. #}
{% macro known_in_every_part(parts) -%}
    where {{ parts | join(' is not null and ') }} is not null
{%- endmacro %}

{# So many children, or fewer, with or without a result are not told of: the rule of disclosure control
   (publishing/disclosure/widths.py), of the columns of a community's disclosure rules. #}
{% macro band_size(n) -%}
    greatest(band_smallest, floor({{ n }} * band_share))
{%- endmacro %}
