with housing_episode as (

    select
        housing_episode.*,
        links.person_id,
        case
            when housing_episode.household_id is not null
                then min(links.person_id) over (partition by housing_episode.partner_id, housing_episode.household_id)
        end as least_person_id
    from {{ rows_of('housing_episode') }} as housing_episode
    {{ join_person('housing_episode') }}

)

select
    housing_episode.person_id,
    housing_episode.community_id,
    housing_episode.partner_id,
    housing_episode.student_id,
    housing_episode.school_year,
    housing_episode.collection,
    {{ shared_key('housing_episode', 'household_id') }} as household_key,
    {{ conformed('relationship_to_head') }},
    {{ scoped_id('housing_episode', 'project_id') }} as project_id,
    {{ conformed('project_type') }},
    housing_episode.entry_date,
    housing_episode.move_in_date,
    housing_episode.exit_date,
    {{ conformed('prior_living_situation') }},
    {{ conformed('exit_destination') }},
    housing_episode.is_chronically_homeless,
    housing_episode.has_disabling_condition,
    housing_episode.zip_code,
    housing_episode.told_until_date,
    housing_episode.extract_id,
    housing_episode._load_id,
    housing_episode._row_number
from housing_episode
{{ join_codes('relationship_to_head', 'housing_episode') }}
{{ join_codes('project_type', 'housing_episode') }}
{{ join_codes('prior_living_situation', 'housing_episode') }}
{{ join_codes('exit_destination', 'housing_episode') }}
