-- One row per indicator and way to count it that something is told of.
select
    told.indicator_id,
    told.definition_version,
    told.title as indicator,
    case when told.is_default then 'default' else told.definition_version end as definition
from published.indicators as told
where exists (
    select 1
    from published.indicator_values as found
    where found.indicator_id = told.indicator_id and found.definition_version = told.definition_version
)
