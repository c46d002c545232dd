{# Tables of one delivery of a standard: of the same partner and period, by the same layout, which is the third part of
   an extract's id. #}
{% macro same_delivery(one, other) -%}
    {{ one }}.partner_id = {{ other }}.partner_id
            and {{ one }}.school_year = {{ other }}.school_year
            and {{ one }}.collection = {{ other }}.collection
            and split_part({{ one }}.extract_id, '.', 3) = split_part({{ other }}.extract_id, '.', 3)
{%- endmacro %}
