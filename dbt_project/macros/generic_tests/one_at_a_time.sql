{# Persons of whom two spells tell of the same day, or a spell that ends before it begins. `end_date` is the first day after. #}
{% test one_at_a_time(model) %}
    with spells as (

        select
            community_id,
            person_id,
            start_date,
            end_date,
            lead(start_date) over (partition by community_id, person_id order by start_date) as next_date
        from {{ model }}

    )

    select *
    from spells
    where start_date is null or end_date is null or end_date <= start_date or next_date < end_date
{% endtest %}
