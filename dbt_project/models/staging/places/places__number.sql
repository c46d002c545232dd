-- HMIS stays by their own table, for what hmis__housing_episode does beside is not needed here
select distinct
    'school' as entity,
    community_id,
    partner_id,
    lower(trim(school_id)) as local_id
from {{ rows_of('enrollment') }}
where school_id is not null

union

select distinct
    'site' as entity,
    community_id,
    partner_id,
    lower(trim(site_id)) as local_id
from {{ source('raw', 'participation') }}
where site_id is not null

union

select distinct
    'site' as entity,
    community_id,
    partner_id,
    lower(trim(site_id)) as local_id
from {{ source('raw', 'early_learning') }}
where site_id is not null

union

select distinct
    'project' as entity,
    community_id,
    partner_id,
    lower(trim(project_id)) as local_id
from {{ source('raw', 'housing_episode') }}
where project_id is not null

union

select distinct
    'project' as entity,
    community_id,
    partner_id,
    lower(trim(project_id)) as local_id
from {{ source('raw', 'hmis_enrollment') }}
where project_id is not null
