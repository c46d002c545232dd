{% set races = [
    'american_indian_or_alaska_native', 'asian', 'black_or_african_american', 'hispanic_or_latino',
    'middle_eastern_or_north_african', 'native_hawaiian_or_pacific_islander', 'white',
] %}

with clients as (

    select
        records.*,
        deliveries.has_clear_names,
        concat_ws(
            ';',
            {% for race in races %}
                case when records.{{ race }} = 1 then '{{ race }}' end{% if not loop.last %},{% endif %}
            {% endfor %}
        ) as races,
        1 in (records.woman, records.female) as is_woman,
        1 in (records.man, records.male) as is_man,
        1 in (
            records.non_binary, records.culturally_specific, records.different_identity, records.no_single_gender
        ) as is_neither
    from {{ source('raw', 'hmis_client') }} as records
    inner join {{ ref('hmis__delivery') }} as deliveries
        on
            records.partner_id = deliveries.partner_id
            and split_part(records.extract_id, '.', 3) = deliveries.layout
            and records.school_year = deliveries.school_year
            and records.collection = deliveries.collection
    -- whom the newest export with them calls deleted is in no older one either
    semi join {{ ref('hmis__client') }} as standing
        on
            records.partner_id = standing.partner_id
            and records.personal_id = standing.personal_id
    where records.date_deleted is null

)

select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    personal_id as student_id,
    cast(null as varchar) as state_student_id,
    cast(null as varchar) as replaced_by_student_id,
    {{ clear_name('first_name') }} as first_name,
    {{ clear_name('middle_name') }} as middle_name,
    {{ clear_name('last_name') }} as last_name,
    case
        -- approximate or partial: the year, on the day that forms put in for it
        when dob_data_quality = 2 then cast(date_trunc('year', dob) as date)
        when coalesce(dob_data_quality, 1) not in (8, 9) then dob
    end as birth_date,
    case
        -- two of them, or none of the two, is what the list calls nonbinary
        when is_neither or (is_woman and is_man) then 'nonbinary'
        when is_woman or sex = 0 then 'female'
        when is_man or sex = 1 then 'male'
        when coalesce(sex, gender_none) in (8, 9, 99) or questioning = 1 or transgender = 1 then 'unknown'
    end as gender,
    case
        when races <> '' then races
        when race_none in (8, 9, 99) then 'unknown'
    end as race_ethnicity,
    case
        when ethnicity = 1 or hispanic_or_latino = 1 then 'yes'
        when ethnicity = 0 or (hispanic_or_latino = 0 and races <> '') then 'no'
        when ethnicity in (8, 9, 99) or race_none in (8, 9, 99) then 'unknown'
    end as hispanic_ethnicity,
    cast(null as varchar) as home_language,
    cast(null as varchar) as address,
    cast(null as varchar) as zip_code,
    cast(null as varchar) as tract_id,
    cast(null as bigint) as birth_year,
    cast(null as varchar) as clk,
    cast(null as varchar) as clk_version,
    -- of an export that calls itself hashed: elsewhere nobody vouches for what the digits are
    case when not has_clear_names then hashed_ssn end as hashed_national_id,
    _load_id,
    _source_file,
    _row_number
from clients
