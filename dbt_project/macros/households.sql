{# Where the same address does not tell who lives together: a shelter, a home for children, a house of many flats whose
   numbers are not told, or a text that an office writes for all whose address it does not know. The limits are ours, and
   careful: six persons of three surnames at a door without a flat's number may be neighbours, and thirteen are no
   household whatever the door says. Persons with an address are nearly all children: rosters and registries tell of them. #}
{% macro is_building(has_unit, n_persons, n_surnames) -%}
    ({{ n_persons }} > 12 or (not {{ has_unit }} and {{ n_persons }} > 5 and {{ n_surnames }} > 2))
{%- endmacro %}

{# Projects that house whom they serve, in a home of its own; the sheltering ones house everybody else. #}
{% macro rehousing_project_types() -%}
    'rapid_rehousing', 'permanent_supportive_housing', 'other_permanent_housing'
{%- endmacro %}

{# The birthday from which nobody counts as a child of a household: school is over for nearly all. #}
{% macro grown_up_at() -%}
    19
{%- endmacro %}
