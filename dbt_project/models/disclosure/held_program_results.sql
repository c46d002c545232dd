{% set result = ['community_id', 'program_id', 'school_year', 'indicator_id', 'definition_version'] %}

with shown as (

    select
        *,
        cast(substr(last_release_id, 2) as bigint) as last_release
    from {{ source('reference', 'shown_programs') }}

),

last_shown as (

    select
        *,
        min(n_matched) over (partition by {{ result | join(', ') }}, last_release) as n_least
    from shown
    qualify last_release = max(last_release) over (partition by {{ result | join(', ') }})

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
    -- by a minimum that was raised since, what was shown is not shown again
    coalesce(last_shown.n_least >= communities.minimum_denominator, false) as is_kept
from last_shown
inner join telling
    using ({{ result | join(', ') }})
inner join {{ source('reference', 'communities') }} as communities
    on last_shown.community_id = communities.community_id
