with ruled as (

    select
        comparisons.*,
        communities.minimum_denominator,
        rules.shows,
        rules.band_smallest,
        rules.band_share,
        case
            when rules.shows = 'counts' and comparisons.n_matched < rules.rounded_under then rules.rounded_to
        end as rounded_to
    from {{ ref('program_comparisons') }} as comparisons
    inner join {{ source('reference', 'communities') }} as communities
        on comparisons.community_id = communities.community_id
    inner join {{ source('reference', 'disclosure_rules') }} as rules
        on comparisons.community_id = rules.community_id
    inner join {{ source('reference', 'indicator_selection') }} as selection
        on
            comparisons.community_id = selection.community_id
            and comparisons.indicator_id = selection.indicator_id

),

-- as the community shows its numbers: whole percents without counts, or rates in steps as wide as ranges are
stepped as (

    select
        *,
        shows = 'counts' and rounded_to is null as is_exact,
        {{ rounded_count('n_matched', 'rounded_to') }} as rounded_count,
        case
            when shows = 'percentages' then 1
            when rounded_to is not null
                then {{ range_points(rounded_count('n_matched', 'rounded_to'), 'rounded_to', 'minimum_denominator') }}
        end as step_points
    from ruled

),

-- participants of whom too few matched, or all but too few came to the same, are not told of; nor are the thirds of a
-- program of which one is not, since what is left of the whole would be the hidden one
judged as (

    select
        *,
        n_matched < minimum_denominator
        or least(n_matched_successful, n_matched - n_matched_successful)
        <= {{ band_size('n_matched') }}
        or n_comparisons < minimum_denominator
        -- of pairs, the rate of the others tells how many they are too
        or (
            method = 'propensity'
            -- as a number of children: of a rate rounded a little up, 4 of 13 would seem more than 4
            and least(round(comparison_rate * n_comparisons), round((1 - comparison_rate) * n_comparisons))
            <= {{ band_size('n_comparisons') }}
        )
        -- in steps so wide a rate would say little, and might seem to be 0
        or coalesce(step_points > 10, false) as is_small
    from stepped

),

hidden as (

    select
        *,
        is_small or (
            dosage <> 'all'
            and max(case when dosage <> 'all' and is_small then 1 else 0 end) over (
                partition by community_id, program_id, school_year, indicator_id, definition_version
            ) = 1
        ) as is_hidden
    from judged

),

shown as (

    select
        *,
        case
            when is_hidden or shows <> 'counts' then null
            when is_exact then n_matched
            else rounded_count
        end as shown_count,
        case
            when is_hidden then null
            when is_exact then participant_rate
            else round(100 * participant_rate / step_points) * step_points / 100
        end as shown_participant_rate,
        case
            when is_hidden then null
            when is_exact then comparison_rate
            else round(100 * comparison_rate / step_points) * step_points / 100
        end as shown_comparison_rate
    from hidden

)

select
    shown.community_id,
    shown.program_id,
    programs.program_name,
    programs.program_type,
    shown.school_year,
    shown.indicator_id,
    shown.definition_version,
    shown.dosage,
    shown.method,
    cast(shown.shown_count as bigint) as n_matched,
    -- in tens: who had no match is the difference of two counts
    case
        when not shown.is_hidden then round(cast(shown.n_matched as double) / shown.n_participants, 1)
    end as share_matched,
    shown.shown_participant_rate as participant_rate,
    shown.shown_comparison_rate as comparison_rate,
    100 * (shown.shown_participant_rate - shown.shown_comparison_rate) as difference_points,
    -- an interval tells of how many children it is
    case
        when shown.is_exact and not shown.is_hidden
            then 100 * (shown.participant_rate - shown.comparison_rate - {{ normal_z() }} * shown.standard_error)
    end as difference_points_low,
    case
        when shown.is_exact and not shown.is_hidden
            then 100 * (shown.participant_rate - shown.comparison_rate + {{ normal_z() }} * shown.standard_error)
    end as difference_points_high,
    case when not shown.is_hidden then round(shown.absence_before_points, 1) end as absence_before_points,
    case when not shown.is_hidden then round(shown.largest_difference_sd, 2) end as largest_difference_sd,
    case when not shown.is_hidden then coalesce(shown.largest_difference_sd <= 0.1, false) end as is_balanced,
    'Set beside children alike in grade, race, gender, disadvantage, language, disability and result of the year '
    || 'before who were in no program. What else differs, such as who was chosen or wanted to come, is not known, so '
    || 'this does not prove that the program made the difference.' as caution,
    case when shown.is_hidden then 'suppressed' else '' end as suppression,
    this_release.release_id
from shown
left join {{ ref('dim_program') }} as programs
    on shown.community_id = programs.community_id and shown.program_id = programs.program_id
cross join {{ source('reference', 'release') }} as this_release
-- of a number that no file describes and of whom nothing is shown: it may be a child's, in a shifted column
where not shown.is_hidden or programs.program_name is not null
