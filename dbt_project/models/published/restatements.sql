{% set key = [
    'community_id', 'indicator_id', 'definition_version', 'school_year', 'collection', 'geography_level',
    'geography_id', 'disaggregate', 'subgroup',
] %}
{% set unit = key[:5] %}
{% set content = ['denominator', 'rounded_to', 'value', 'value_low', 'value_high', 'value_kind', 'suppression'] %}
{% set last_values = source('reference', 'last_release_values') %}

-- what each value was and is; another last digit is no restatement
with compared as (

    select
        {% for column in key %}
            coalesce(was.{{ column }}, shown.{{ column }}) as {{ column }},
        {% endfor %}
        {% for column in content %}
            was.{{ column }} as old_{{ column }},
            shown.{{ column }} as new_{{ column }},
        {% endfor %}
        shown.held_since as new_held_since,
        case when was.release_id is null then 'added' when shown.release_id is null then 'removed' else 'changed' end
            as change -- noqa: RF04
    from {{ last_values }} as was
    full outer join {{ ref('indicator_values') }} as shown
        on {{ same_columns(key, 'was', 'shown') }}
    where
        was.release_id is null
        or shown.release_id is null
        or was.suppression <> shown.suppression
        or was.denominator is distinct from shown.denominator
        or round(was.value, 9) is distinct from round(shown.value, 9)
        or round(was.value_low, 9) is distinct from round(shown.value_low, 9)
        or round(was.value_high, 9) is distinct from round(shown.value_high, 9)

),

-- a year that was not told of before is new, and restates nothing. `is_split`: not of everyone in the community
units as (

    select distinct
        {{ unit | join(', ') }},
        unnest([true, false]) as is_split
    from {{ last_values }}

),

last_release as (

    select max(release_id) as release_id
    from {{ last_values }}

),

-- what changed that a value of the unit may be made of; deliveries of the year that the indicator needs come first,
-- those of other years, and of what its model merely reads, after all that is known of it
reasons as (

    select
        {% for column in unit + ['is_split'] %}
            units.{{ column }},
        {% endfor %}
        changed.cause,
        min(case changed.cause
            when 'definition_changed' then 1
            when 'data_restated'
                then
                    case
                        when changed.school_year <> units.school_year then 5
                        when changed.role = 'counts' or (changed.role = 'groups' and units.is_split) then 2
                        else 5
                    end
            when 'links_changed' then 3
            when 'configuration_changed' then 4
            else 6
        end) as place
    from units
    inner join {{ ref('changed_inputs') }} as changed
        on
            coalesce(changed.community_id, units.community_id) = units.community_id
            and coalesce(changed.indicator_id, units.indicator_id) = units.indicator_id
            and coalesce(changed.definition_version, units.definition_version) = units.definition_version
            and coalesce(changed.collection, units.collection) = units.collection
            and (
                changed.cause = 'data_restated'
                or coalesce(changed.school_year, units.school_year) = units.school_year
            )
    group by all

),

causes as (

    select
        {{ unit | join(', ') }},
        is_split,
        min_by(cause, place) as first_cause,
        string_agg(cause, ', ' order by place) as all_causes
    from reasons
    group by all

),

-- the counts behind a value are as they were: only what may be shown of them changed. A number that is held is not of
-- these counts, nor is one of two that are shown and differ
judged as (

    select
        compared.*,
        coalesce(was.denominator = cells.denominator and was.numerator = cells.numerator, false)
        and compared.new_held_since is null
        and not coalesce(
            compared.old_value_kind = compared.new_value_kind
            and compared.old_rounded_to is not distinct from compared.new_rounded_to
            and (
                compared.old_denominator <> compared.new_denominator
                or (compared.new_value_kind = 'rate' and round(compared.old_value, 9) <> round(compared.new_value, 9))
            ),
            false
        ) as is_same_count,
        coalesce(causes.first_cause, 'unexplained') as first_cause,
        coalesce(causes.all_causes, '') as all_causes
    from compared
    inner join units
        on
            {{ same_columns(unit, 'compared', 'units') }}
            and units.is_split = (compared.disaggregate <> 'all' or compared.geography_level <> 'community')
    left join causes
        on
            {{ same_columns(unit, 'compared', 'causes') }}
            and units.is_split = causes.is_split
    left join {{ source('reference', 'last_release_cells') }} as was
        on {{ same_columns(key, 'compared', 'was') }}
    left join {{ ref('indicator_cells') }} as cells
        on {{ same_columns(key, 'compared', 'cells') }}

)

select
    {% for column in key %}
        judged.{{ column }},
    {% endfor %}
    last_release.release_id as previous_release_id,
    judged.change,
    -- a number that is hidden now is not told again, not by what it was either; nor is one more exactly than now
    cast(case
        when judged.old_denominator < communities.minimum_denominator then null
        when judged.new_rounded_to > coalesce(judged.old_rounded_to, 0)
            then {{ rounded_count('judged.old_denominator', 'judged.new_rounded_to') }}
        when judged.new_denominator is not null then judged.old_denominator
    end as bigint) as old_denominator,
    judged.new_denominator,
    case
        when judged.new_value is null then null
        when judged.new_value_kind = 'percent' then round(judged.old_value, 2)
        else judged.old_value
    end as old_value,
    judged.new_value,
    {% for column in ['value_low', 'value_high'] %}
        case when judged.new_value is not null and judged.new_value_kind <> 'percent' then judged.old_{{ column }} end
            as old_{{ column }},
        judged.new_{{ column }},
    {% endfor %}
    judged.old_suppression,
    judged.new_suppression,
    case when judged.is_same_count then 'suppression_changed' else judged.first_cause end as cause,
    case
        when judged.is_same_count then ''
        else regexp_replace(judged.all_causes, '^' || judged.first_cause || '(, )?', '')
    end as also_changed,
    this_release.release_id
from judged
inner join {{ source('reference', 'communities') }} as communities
    on judged.community_id = communities.community_id
cross join last_release
cross join {{ source('reference', 'release') }} as this_release
