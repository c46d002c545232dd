-- the newest account of a birth; it counts in the school year of the day of birth, whatever file tells of it, and the
-- day itself stays in the lake
with births as (

    select
        community_id,
        person_id,
        birth_weight_grams,
        gestation_weeks,
        prenatal_care_month
    from {{ ref('stg_birth') }}
    where collection = 'annual'
    qualify {{ latest_account('community_id, person_id') }}

),

born as (

    {{ birth_dates('births') }}

)

select
    births.community_id,
    births.person_id,
    cast({{ school_year_of('born.birth_date') }} as integer) as school_year,
    'annual' as collection,
    births.birth_weight_grams,
    births.gestation_weeks,
    births.prenatal_care_month
from births
inner join born on births.person_id = born.person_id
-- births of the years before the community's first are told of by chance
inner join {{ source('reference', 'communities') }} as communities
    on
        births.community_id = communities.community_id
        and born.birth_date >= {{ first_day_of('communities.first_school_year') }}
