select
    housing_episode.community_id,
    housing_episode.person_id,
    housing_episode.school_year,
    housing_episode.collection,
    housing_episode.partner_id,
    housing_episode.household_key,
    housing_episode.relationship_to_head,
    housing_episode.project_id,
    places.place_id,
    housing_episode.project_type,
    housing_episode.entry_date,
    housing_episode.move_in_date,
    housing_episode.exit_date,
    housing_episode.prior_living_situation,
    housing_episode.exit_destination,
    housing_episode.is_chronically_homeless,
    housing_episode.has_disabling_condition,
    housing_episode.zip_code,
    housing_episode.told_until_date,
    housing_episode._load_id,
    housing_episode._row_number
from {{ ref('stg_housing_episode') }} as housing_episode
{{ join_place('housing_episode', 'project_id', 'project') }}
