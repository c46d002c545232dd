{% set alike = [
    'grade_level', 'race_ethnicity', 'gender', 'economic_disadvantage', 'english_learner', 'disability', 'result_before',
] %}
{% set stratum = ['community_id', 'school_year', 'indicator_id', 'definition_version'] + alike %}
{% set key = ['community_id', 'program_id', 'school_year', 'indicator_id', 'definition_version'] %}

with students as (

    select *
    from {{ ref('fct_student_year') }}
    where collection = 'annual' and is_enrolled

),

had as (

    select
        community_id,
        person_id,
        school_year,
        program_id,
        sum(hours_attended) as hours_attended,
        sum(coalesce(sessions_attended, case when coalesce(has_attended, true) then 1 end)) as sessions_attended
    from {{ ref('fct_participation') }}
    where {{ was_there() }}
    group by community_id, person_id, school_year, program_id

),

-- thirds of a program's participants by what they had of it: hours where told, else sessions
participants as (

    select
        had.community_id,
        had.person_id,
        had.school_year,
        had.program_id,
        ntile(3) over (
            partition by had.community_id, had.program_id, had.school_year
            order by coalesce(had.hours_attended, had.sessions_attended) asc, had.person_id asc
        ) as third
    from had
    inner join students
        on
            had.community_id = students.community_id
            and had.person_id = students.person_id
            and had.school_year = students.school_year

),

in_no_program as (

    select students.*
    from students
    left join had
        on
            students.community_id = had.community_id
            and students.person_id = had.person_id
            and students.school_year = had.school_year
    where had.person_id is null and students.program_participation = 'no'

),

results as (

    select
        outcomes.community_id,
        outcomes.person_id,
        outcomes.school_year,
        outcomes.indicator_id,
        outcomes.definition_version,
        outcomes.is_success
    from {{ ref('int_indicator_outcomes') }} as outcomes
    inner join {{ source('reference', 'indicator_definitions') }} as definitions
        on
            outcomes.indicator_id = definitions.indicator_id
            and outcomes.definition_version = definitions.definition_version
    where
        outcomes.collection = 'annual' and definitions.is_default
        and outcomes.indicator_id in ({{ results_of_programs() }})

),

-- what cannot have come of the program: the same result, and the attendance, of the year before
described as (

    select
        students.community_id,
        students.person_id,
        students.school_year,
        {% for column in alike[:-1] %}
            students.{{ column }},
        {% endfor %}
        results.indicator_id,
        results.definition_version,
        results.is_success,
        coalesce(cast(earlier.is_success as varchar), 'none') as result_before,
        case
            when year_before.days_enrolled > 0
                then cast(year_before.days_absent as double) / cast(year_before.days_enrolled as double)
        end as share_absent_before
    from students
    inner join results
        on
            students.community_id = results.community_id
            and students.person_id = results.person_id
            and students.school_year = results.school_year
    left join results as earlier
        on
            results.community_id = earlier.community_id
            and results.person_id = earlier.person_id
            and results.school_year - 1 = earlier.school_year
            and results.indicator_id = earlier.indicator_id
            and results.definition_version = earlier.definition_version
    left join students as year_before
        on
            students.community_id = year_before.community_id
            and students.person_id = year_before.person_id
            and students.school_year - 1 = year_before.school_year

),

-- children in no program, by stratum: those of a program are set beside them
strata_of_others as (

    select
        {{ stratum | map('replace', '', 'described.', 1) | join(', ') }},
        count(*) as n_others,
        count(*) filter (where described.is_success) as n_others_successful,
        avg(described.share_absent_before) as absence_of_others,
        count(described.share_absent_before) as n_others_with_absence
    from described
    inner join in_no_program
        on
            described.community_id = in_no_program.community_id
            and described.person_id = in_no_program.person_id
            and described.school_year = in_no_program.school_year
    group by all

),

strata as (

    select
        participants.program_id,
        case participants.third when 1 then 'low' when 2 then 'middle' else 'high' end as dosage,
        {{ stratum | map('replace', '', 'described.', 1) | join(', ') }},
        count(*) as n,
        count(*) filter (where described.is_success) as n_successful,
        sum(described.share_absent_before) as absence_before,
        count(described.share_absent_before) as n_with_absence
    from described
    inner join participants
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
        -- of both together, drawn to one half by one child, so that a stratum of two does not look certain
        case
            when others_alike.n_others is not null
                then
                    (strata.n_successful + others_alike.n_others_successful + 0.5)
                    / (strata.n + others_alike.n_others + 1.0)
        end as common_rate
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
        sum(n_with_absence) as n_with_absence,
        max(n_others) as n_others,
        max(n_others_successful) as n_others_successful,
        max(absence_of_others) as absence_of_others,
        max(common_rate) as common_rate
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
        -- what was not matched on: absence of the year before, in points
        100 * (
            sum(absence_before) filter (where n_others > 0 and absence_of_others is not null)
            / nullif(sum(n_with_absence) filter (where n_others > 0 and absence_of_others is not null), 0)
            - sum(n_with_absence * absence_of_others) filter (where n_others > 0 and absence_of_others is not null)
            / nullif(sum(n_with_absence) filter (where n_others > 0 and absence_of_others is not null), 0)
        ) as absence_before_points
    from regrouped
    group by {{ key | join(', ') }}, dose
    having n_matched > 0

)

-- to ten places, so that the order in which children are added up changes nothing
select
    {{ key | join(',\n    ') }},
    dosage,
    n_participants,
    n_matched,
    n_comparisons,
    n_matched_successful,
    round(participant_rate, 10) as participant_rate,
    round(comparison_rate, 10) as comparison_rate,
    round(standard_error, 10) as standard_error,
    round(absence_before_points, 10) as absence_before_points
from compared
