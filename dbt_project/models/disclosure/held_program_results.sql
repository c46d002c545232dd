{% set result = ['community_id', 'program_id', 'school_year', 'indicator_id', 'definition_version'] %}

with recorded as (

    select
        *,
        cast(substr(first_release_id, 2) as bigint) as first_release,
        cast(substr(last_release_id, 2) as bigint) as last_release
    from {{ source('reference', 'shown_programs') }}

),

runs as (

    select distinct
        recorded.first_release,
        recorded.last_release,
        unnest(range(recorded.first_release, recorded.last_release + 1)) as release_number
    from recorded

),

-- the last release of each run that was not withdrawn
in_force as (

    select
        first_release,
        last_release,
        max(release_number) as in_force_release
    from runs
    where
        release_number not in (
            select cast(substr(gone.release_id, 2) as bigint)
            from {{ source('reference', 'withdrawn_releases') }} as gone
        )
    group by first_release, last_release

),

shown as (

    select
        recorded.*,
        in_force.in_force_release
    from recorded
    left join in_force
        on recorded.first_release = in_force.first_release and recorded.last_release = in_force.last_release

),

-- what a withdrawn release showed is known as well, but nothing is put back to it
last_shown as (

    select
        *,
        min(n_matched) over (partition by {{ result | join(', ') }}, in_force_release) as n_least
    from shown
    qualify
        rank() over (
            partition by {{ result | join(', ') }}
            order by coalesce(in_force_release, 0) desc, if(in_force_release is null, last_release, 0) desc
        ) = 1

),

-- only exact counts tell how many came or went: those have an interval
exact as (

    select
        *,
        round(participant_rate * n_matched) as n_successful
    from shown
    where difference_points_low is not null

),

compared as (

    select
        {% for column in result %}
            exact.{{ column }},
        {% endfor %}
        communities.minimum_denominator,
        rules.band_smallest,
        rules.band_share,
        abs(now_told.n_matched - exact.n_matched) as n_moved,
        abs(now_told.n_matched_successful - exact.n_successful) as n_moved_successful,
        -- of those beside them nobody is told how many they are: as many as the participants, at most
        abs(now_told.comparison_rate - exact.comparison_rate) * now_told.n_matched as n_moved_beside
    from exact
    inner join {{ ref('program_comparisons') }} as now_told
        on
            exact.dosage = now_told.dosage
            {% for column in result %}
                and exact.{{ column }} = now_told.{{ column }}
            {% endfor %}
    inner join {{ source('reference', 'communities') }} as communities
        on exact.community_id = communities.community_id
    inner join {{ source('reference', 'disclosure_rules') }} as rules
        on exact.community_id = rules.community_id
    where rules.shows = 'counts' and (rules.rounded_to is null or now_told.n_matched >= rules.rounded_under)

),

-- few came or went, or of more that did nearly all or none had the result; or few had another result
telling as (

    select distinct {{ result | join(', ') }}
    from compared
    where
        n_moved + n_moved_successful + n_moved_beside > 1e-6
        and case
            when n_moved >= minimum_denominator
                then
                    least(n_moved_successful, abs(n_moved - n_moved_successful))
                    <= {{ band_size('n_moved') }}
            when n_moved_successful > 0 or n_moved > 0 then n_moved_successful < minimum_denominator
            else n_moved_beside < minimum_denominator
        end

)

select
    {% for column in result %}
        last_shown.{{ column }},
    {% endfor %}
    last_shown.dosage,
    last_shown.method,
    last_shown.n_matched,
    last_shown.share_matched,
    last_shown.participant_rate,
    last_shown.comparison_rate,
    last_shown.difference_points,
    last_shown.difference_points_low,
    last_shown.difference_points_high,
    last_shown.absence_before_points,
    last_shown.largest_difference_sd,
    last_shown.is_balanced,
    last_shown.suppression,
    -- by a minimum that was raised since, what was shown is not shown again, nor is what was withdrawn
    last_shown.in_force_release is not null
    and coalesce(last_shown.n_least >= communities.minimum_denominator, false) as is_kept
from last_shown
inner join telling
    using ({{ result | join(', ') }})
inner join {{ source('reference', 'communities') }} as communities
    on last_shown.community_id = communities.community_id
