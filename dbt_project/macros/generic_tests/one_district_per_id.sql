{# District ids that two partners use for districts of different names; a partner that names none stands for itself. #}
{% test one_district_per_id(model) %}
    select
        community_id,
        lower(district_id) as district_id
    from {{ model }}
    group by community_id, lower(district_id)
    having count(distinct partner_id) > 1 and count(distinct coalesce(lower(trim(district_name)), partner_id)) > 1
{% endtest %}
