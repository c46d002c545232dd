-- an indicator is described once for all communities of a release, so of several owners each is named
with owners as (

    select
        indicator_id,
        {{ joined('owner', '; ') }} as owner -- noqa: RF04
    from {{ source('reference', 'indicator_owners') }}
    group by indicator_id

)

select
    definitions.indicator_id,
    definitions.definition_version,
    indicators.title,
    indicators.stage,
    indicators.outcome,
    indicators.unit,
    indicators.better,
    indicators.timing,
    indicators.place,
    indicators.ew_indicator,
    indicators.caveats,
    indicators.is_coverage,
    owners.owner,
    definitions.is_default,
    definitions.first_year,
    definitions.last_year,
    trim(cast(definitions.parameters as varchar), '{}') as parameters, -- noqa: RF04
    definitions.citation,
    array_to_string(indicators.required_entities, ', ') as required_entities,
    this_release.release_id
from {{ source('reference', 'indicator_definitions') }} as definitions
inner join {{ source('reference', 'indicators') }} as indicators
    on definitions.indicator_id = indicators.indicator_id
left join owners on definitions.indicator_id = owners.indicator_id
cross join {{ source('reference', 'release') }} as this_release
