{% set result = ['community_id', 'program_id', 'school_year', 'indicator_id', 'definition_version'] %}

with held as (

    select distinct
        {{ result | join(', ') }},
        is_kept
    from {{ ref('held_program_results') }}

),

of_any as (

    select
        cells.community_id,
        cells.school_year,
        cells.indicator_id,
        cells.definition_version,
        cells.denominator,
        cells.numerator
    from {{ ref('indicator_cells') }} as cells
    inner join {{ source('reference', 'publication_plan') }} as planned
        on
            cells.community_id = planned.community_id
            and cells.geography_level = planned.geography_level
            and cells.disaggregate = planned.disaggregate
    where
        cells.geography_level = 'community' and cells.collection = 'annual'
        and cells.disaggregate = 'program_participation' and cells.subgroup = 'yes'

),

ruled as (

    select
        comparisons.*,
        communities.minimum_denominator,
        rules.shows,
        rules.band_smallest,
        rules.band_share,
        held.is_kept,
        -- of all who take part in any program, as `indicator_values` may show them: whom this one leaves out
        of_any.denominator - comparisons.n_matched as n_others,
        of_any.numerator - comparisons.n_matched_successful as n_others_successful,
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
    left join held
        on
            {% for column in result %}
                comparisons.{{ column }} = held.{{ column }}{% if not loop.last %} and{% endif %}
            {% endfor %}
    left join of_any
        on
            comparisons.dosage = 'all'
            and comparisons.community_id = of_any.community_id
            and comparisons.school_year = of_any.school_year
            and comparisons.indicator_id = of_any.indicator_id
            and comparisons.definition_version = of_any.definition_version

),

-- beside the number of all participants a count would tell of the few others, or of more of whom nearly all or none had
-- the result: then, as for the thirds of which the whole is the sum, rates are in steps that five children are lost in
compared as (

    select
        *,
        shows = 'counts' and rounded_to is null and coalesce(
            n_others > 0 and (
                n_others < minimum_denominator
                or least(n_others_successful, n_others - n_others_successful) <= {{ band_size('n_others') }}
            ),
            false
        ) as is_telling
    from ruled

),

told_of as (

    select
        *,
        shows = 'counts' and rounded_to is null
        and bool_or(is_telling) over (partition by {{ result | join(', ') }}) as is_coarse
    from compared

),

-- as the community shows its numbers: whole percents without counts, or rates in steps as wide as ranges are
stepped as (

    select
        *,
        shows = 'counts' and rounded_to is null and not is_coarse as is_exact,
        {{ rounded_count('n_matched', 'rounded_to') }} as rounded_count,
        case
            when shows = 'percentages' then 1
            when rounded_to is not null
                then {{ range_points(rounded_count('n_matched', 'rounded_to'), 'rounded_to', 'minimum_denominator') }}
            when is_coarse then {{ range_points('n_matched', 0, 'minimum_denominator') }}
        end as step_points
    from told_of

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
        is_kept is not null or is_small or (
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
            when is_hidden or shows <> 'counts' or is_coarse then null
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

),

told as (

    select
        {% for column in result %}
            {{ column }},
        {% endfor %}
        dosage,
        method,
        cast(shown_count as bigint) as n_matched,
        -- in tens: who had no match is the difference of two counts
        case when not is_hidden then round(cast(n_matched as double) / n_participants, 1) end as share_matched,
        shown_participant_rate as participant_rate,
        shown_comparison_rate as comparison_rate,
        -- of rates in steps of whole points, without what floating point leaves
        case
            when is_exact then 100 * (shown_participant_rate - shown_comparison_rate)
            else round(100 * (shown_participant_rate - shown_comparison_rate))
        end as difference_points,
        -- an interval tells of how many children it is
        case
            when is_exact and not is_hidden
                then 100 * (participant_rate - comparison_rate - {{ normal_z() }} * standard_error)
        end as difference_points_low,
        case
            when is_exact and not is_hidden
                then 100 * (participant_rate - comparison_rate + {{ normal_z() }} * standard_error)
        end as difference_points_high,
        case when not is_hidden then round(absence_before_points, 1) end as absence_before_points,
        case when not is_hidden then round(largest_difference_sd, 2) end as largest_difference_sd,
        case
            when not is_hidden and (largest_difference_sd is not null or absence_before_points is not null)
                then coalesce(largest_difference_sd <= 0.1, false)
        end as is_balanced,
        case when is_hidden then 'suppressed' else '' end as suppression
    from shown
    where is_kept is distinct from true
    union all
    -- since a release showed it too few came or went for another number
    select
        {% for column in result %}
            {{ column }},
        {% endfor %}
        dosage,
        method,
        n_matched,
        share_matched,
        participant_rate,
        comparison_rate,
        difference_points,
        difference_points_low,
        difference_points_high,
        absence_before_points,
        largest_difference_sd,
        is_balanced,
        suppression
    from {{ ref('held_program_results') }}
    where is_kept

)

select
    told.community_id,
    told.program_id,
    programs.program_name,
    programs.program_type,
    told.school_year,
    told.indicator_id,
    told.definition_version,
    told.dosage,
    told.method,
    told.n_matched,
    told.share_matched,
    told.participant_rate,
    told.comparison_rate,
    told.difference_points,
    told.difference_points_low,
    told.difference_points_high,
    told.absence_before_points,
    told.largest_difference_sd,
    told.is_balanced,
    'Set beside children alike in grade, race, gender, disadvantage, language, disability and result of the year '
    || 'before who were in no program. What else differs, such as who was chosen or wanted to come, is not known, so '
    || 'this does not prove that the program made the difference.' as caution,
    told.suppression,
    this_release.release_id
from told
left join {{ ref('dim_program') }} as programs
    on told.community_id = programs.community_id and told.program_id = programs.program_id
cross join {{ source('reference', 'release') }} as this_release
-- of a number that no file describes and of whom nothing is shown: it may be a child's, in a shifted column
where told.suppression = '' or programs.program_name is not null
