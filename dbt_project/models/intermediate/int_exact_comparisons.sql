{% set alike = alike_in() %}
{% set stratum = ['community_id', 'school_year', 'indicator_id', 'definition_version'] + alike %}
{% set key = ['community_id', 'program_id', 'school_year', 'indicator_id', 'definition_version'] %}

-- children in no program, by stratum: those of a program are set beside them
with strata_of_others as (

    select
        {{ stratum | map('replace', '', 'described.', 1) | join(', ') }},
        count(*) as n_others,
        count(*) filter (where described.is_success) as n_others_successful,
        avg(described.share_absent_before) as absence_of_others,
        avg(described.share_absent_before * described.share_absent_before) as squared_absence_of_others,
        count(described.share_absent_before) as n_others_with_absence
    from {{ ref('int_results_described') }} as described
    where described.is_in_no_program
    group by all

),

strata as (

    select
        participants.program_id,
        participants.dosage,
        {{ stratum | map('replace', '', 'described.', 1) | join(', ') }},
        count(*) as n,
        count(*) filter (where described.is_success) as n_successful,
        sum(described.share_absent_before) as absence_before,
        sum(described.share_absent_before * described.share_absent_before) as squared_absence_before,
        count(described.share_absent_before) as n_with_absence
    from {{ ref('int_results_described') }} as described
    inner join {{ ref('int_program_participants') }} as participants
        on
            described.community_id = participants.community_id
            and described.person_id = participants.person_id
            and described.school_year = participants.school_year
    group by all

),

with_others as (

    select
        strata.*,
        others_alike.n_others,
        others_alike.n_others_successful,
        others_alike.absence_of_others,
        others_alike.squared_absence_of_others
    from strata
    left join strata_of_others as others_alike
        on
            strata.community_id = others_alike.community_id
            and strata.school_year = others_alike.school_year
            and strata.indicator_id = others_alike.indicator_id
            and strata.definition_version = others_alike.definition_version
            {% for column in alike %}
                and strata.{{ column }} = others_alike.{{ column }}
            {% endfor %}

),

doses as (

    select
        *,
        dosage as dose
    from with_others
    union all
    select
        *,
        'all' as dose
    from with_others

),

-- participants of one stratum and all thirds are one group
regrouped as (

    select
        {{ key | join(', ') }},
        dose,
        {{ alike | join(', ') }},
        sum(n) as n,
        sum(n_successful) as n_successful,
        sum(absence_before) as absence_before,
        sum(squared_absence_before) as squared_absence_before,
        sum(n_with_absence) as n_with_absence,
        max(n_others) as n_others,
        max(n_others_successful) as n_others_successful,
        max(absence_of_others) as absence_of_others,
        max(squared_absence_of_others) as squared_absence_of_others,
        -- of both together, drawn to one half by one child, so that a stratum of two does not look certain
        (sum(n_successful) + max(n_others_successful) + 0.5) / (sum(n) + max(n_others) + 1.0) as common_rate,
        max(n_others) > 0 and sum(n_with_absence) > 0 and max(absence_of_others) is not null as has_absence
    from doses
    group by all

),

compared as (

    select
        {{ key | join(',\n    ') }},
        dose as dosage,
        cast(sum(n) as bigint) as n_participants,
        cast(sum(n) filter (where n_others > 0) as bigint) as n_matched,
        cast(sum(n_others) filter (where n_others > 0) as bigint) as n_comparisons,
        cast(sum(n_successful) filter (where n_others > 0) as bigint) as n_matched_successful,
        cast(sum(n_successful) filter (where n_others > 0) as double)
        / sum(n) filter (where n_others > 0) as participant_rate,
        -- of children alike, each stratum weighing as much as it has participants
        sum(n * cast(n_others_successful as double) / n_others) filter (where n_others > 0)
        / sum(n) filter (where n_others > 0) as comparison_rate,
        sqrt(sum(
            cast(n as double) * n * common_rate * (1 - common_rate) * (1.0 / n + 1.0 / n_others)
        ) filter (where n_others > 0)) / sum(n) filter (where n_others > 0) as standard_error,
        -- what was not matched on: absence of the year before, each stratum weighing as much again
        sum(absence_before) filter (where has_absence) / sum(n_with_absence) filter (where has_absence) as mean_absence,
        sum(squared_absence_before) filter (where has_absence)
        / sum(n_with_absence) filter (where has_absence) as mean_squared_absence,
        sum(n_with_absence * absence_of_others) filter (where has_absence)
        / sum(n_with_absence) filter (where has_absence) as mean_absence_of_others,
        sum(n_with_absence * squared_absence_of_others) filter (where has_absence)
        / sum(n_with_absence) filter (where has_absence) as mean_squared_absence_of_others
    from regrouped
    group by {{ key | join(', ') }}, dose
    having n_matched > 0

),

spread as (

    select
        *,
        greatest(
            mean_squared_absence - mean_absence * mean_absence
            + mean_squared_absence_of_others - mean_absence_of_others * mean_absence_of_others, 0
        ) / 2 as mean_variance
    from compared

)

select
    {{ key | join(',\n    ') }},
    dosage,
    n_participants,
    n_matched,
    n_comparisons,
    n_matched_successful,
    participant_rate,
    comparison_rate,
    standard_error,
    100 * (mean_absence - mean_absence_of_others) as absence_before_points,
    -- in standard deviations; of what was matched on nothing differs, and nobody knows where no absence is told
    case
        when mean_absence = mean_absence_of_others then 0
        else abs(mean_absence - mean_absence_of_others) / nullif(sqrt(mean_variance), 0)
    end as largest_difference_sd
from spread
