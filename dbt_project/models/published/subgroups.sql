with codes as (

    {% for disaggregate, seed in {
        'race_ethnicity': 'race_ethnicity',
        'race_spd15': 'race_ethnicity',
        'gender': 'gender',
        'home_language': 'home_language',
    }.items() %}
        select
            '{{ disaggregate }}' as disaggregate,
            code as subgroup,
            title,
            sort_order
        from {{ ref(seed) }}
        union all
    {% endfor %}
    select
        'all' as disaggregate,
        'all' as subgroup,
        'All children' as title,
        0 as sort_order

),

published as (

    select distinct
        disaggregate,
        subgroup,
        split_part(disaggregate, '_x_', 1) as first_disaggregate,
        split_part(disaggregate, '_x_', 2) as second_disaggregate,
        split_part(subgroup, '|', 1) as first_subgroup,
        split_part(subgroup, '|', 2) as second_subgroup
    from {{ ref('indicator_values') }}

),

singles as (

    select distinct
        parts.disaggregate,
        parts.subgroup,
        coalesce(titles.title, 'All children') as disaggregate_title,
        coalesce(titles.sort_order, 0) as disaggregate_order,
        coalesce(
            codes.title,
            case parts.subgroup
                when 'yes' then titles.yes_title
                when 'no' then titles.no_title
                when 'other_groups' then 'Other groups'
            end,
            parts.subgroup
        ) as title,
        coalesce(codes.sort_order, case parts.subgroup when 'yes' then 1 when 'no' then 2 else 99 end) as subgroup_order
    from (
        select
            first_disaggregate as disaggregate,
            first_subgroup as subgroup
        from published
        union
        select
            second_disaggregate,
            second_subgroup
        from published
        where second_disaggregate <> ''
    ) as parts
    left join {{ ref('disaggregates') }} as titles
        on parts.disaggregate = titles.disaggregate_id
    left join codes
        on
            parts.disaggregate = codes.disaggregate
            and parts.subgroup = codes.subgroup

)

select
    published.disaggregate,
    published.subgroup,
    firsts.disaggregate_title || coalesce(' and ' || seconds.disaggregate_title, '') as disaggregate_title,
    firsts.title || coalesce(', ' || seconds.title, '') as subgroup_title,
    seconds.subgroup is not null as is_pair,
    cast(row_number() over (
        order by
            seconds.subgroup is not null, firsts.disaggregate_order, seconds.disaggregate_order,
            firsts.subgroup_order, seconds.subgroup_order, published.disaggregate, published.subgroup
    ) as integer) as sort_order,
    this_release.release_id
from published
inner join singles as firsts
    on
        published.first_disaggregate = firsts.disaggregate
        and published.first_subgroup = firsts.subgroup
left join singles as seconds
    on
        published.second_disaggregate = seconds.disaggregate
        and published.second_subgroup = seconds.subgroup
cross join {{ source('reference', 'release') }} as this_release
