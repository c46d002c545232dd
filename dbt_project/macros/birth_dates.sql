{# The birth date of each of `children` (a relation with person_id), for rules that need the day. It is read in the lake
   and is not to leave the model that asks: only what it decides may. A birth record comes before what others say, then
   what most rows say, then the earlier date. #}
{% macro birth_dates(children) %}
    select
        person_id,
        min_by(birth_date, (priority, -n_rows, birth_date)) as birth_date
    from (
        {% for entity in ['birth', 'person'] %}
            select
                links.person_id,
                told.birth_date,
                {{ loop.index }} as priority,
                count(*) as n_rows
            from {{ rows_of(entity) }} as told
            inner join {{ source('identity', 'person_links') }} as links
                on told.partner_id = links.partner_id and told.student_id = links.student_id
            where
                told.birth_date is not null
                and links.person_id in (select children.person_id from {{ children }} as children)
            group by links.person_id, told.birth_date
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as said
    group by person_id
{% endmacro %}
