{% set smallest = 'communities.minimum_denominator' %}

-- participants of whom too few matched, or all but too few came to the same, are not told of; nor are the thirds of a
-- program of which one is not, since what is left of the whole would be the hidden one
with judged as (

    select
        comparisons.*,
        comparisons.n_matched < {{ smallest }}
        or least(comparisons.n_matched_successful, comparisons.n_matched - comparisons.n_matched_successful)
        <= greatest(4, ceil(0.05 * comparisons.n_matched))
        or comparisons.n_comparisons < {{ smallest }}
        -- of pairs, the rate of the others tells how many they are too
        or (
            comparisons.method = 'propensity'
            -- as a number of children: of a rate rounded a little up, 4 of 13 would seem more than 4
            and least(
                round(comparisons.comparison_rate * comparisons.n_comparisons),
                round((1 - comparisons.comparison_rate) * comparisons.n_comparisons)
            ) <= greatest(4, ceil(0.05 * comparisons.n_comparisons))
        ) as is_small
    from {{ ref('program_comparisons') }} as comparisons
    inner join {{ source('reference', 'communities') }} as communities
        on comparisons.community_id = communities.community_id
    inner join {{ source('reference', 'indicator_selection') }} as selection
        on
            comparisons.community_id = selection.community_id
            and comparisons.indicator_id = selection.indicator_id

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

)

select
    hidden.community_id,
    hidden.program_id,
    programs.program_name,
    programs.program_type,
    hidden.school_year,
    hidden.indicator_id,
    hidden.definition_version,
    hidden.dosage,
    hidden.method,
    case when not hidden.is_hidden then hidden.n_matched end as n_matched,
    -- in tens: who had no match is the difference of two counts
    case
        when not hidden.is_hidden then round(cast(hidden.n_matched as double) / hidden.n_participants, 1)
    end as share_matched,
    case when not hidden.is_hidden then hidden.participant_rate end as participant_rate,
    case when not hidden.is_hidden then hidden.comparison_rate end as comparison_rate,
    case
        when not hidden.is_hidden then 100 * (hidden.participant_rate - hidden.comparison_rate)
    end as difference_points,
    case
        when not hidden.is_hidden
            then 100 * (hidden.participant_rate - hidden.comparison_rate - {{ normal_z() }} * hidden.standard_error)
    end as difference_points_low,
    case
        when not hidden.is_hidden
            then 100 * (hidden.participant_rate - hidden.comparison_rate + {{ normal_z() }} * hidden.standard_error)
    end as difference_points_high,
    case when not hidden.is_hidden then round(hidden.absence_before_points, 1) end as absence_before_points,
    case when not hidden.is_hidden then round(hidden.largest_difference_sd, 2) end as largest_difference_sd,
    case when not hidden.is_hidden then coalesce(hidden.largest_difference_sd <= 0.1, false) end as is_balanced,
    'Set beside children alike in grade, race, gender, disadvantage, language, disability and result of the year '
    || 'before who were in no program. What else differs, such as who was chosen or wanted to come, is not known, so '
    || 'this does not prove that the program made the difference.' as caution,
    case when hidden.is_hidden then 'suppressed' else '' end as suppression,
    this_release.release_id
from hidden
left join {{ ref('dim_program') }} as programs
    on hidden.community_id = programs.community_id and hidden.program_id = programs.program_id
cross join {{ source('reference', 'release') }} as this_release
