{# Children with more days enrolled than the years of their schools have. #}
{% test plausible_days(model) %}
    select
        community_id,
        school_year,
        collection,
        count(*) as n_children
    from {{ model }}
    where days_enrolled > 366 * n_schools
    group by community_id, school_year, collection
{% endtest %}
