{% set key = ['community_id', 'program_id', 'school_year', 'indicator_id', 'definition_version'] %}

with compared as (

    {% for method in ['exact', 'propensity'] %}
        select
            *,
            '{{ method }}' as method -- noqa: RF04
        from {{ ref('int_' ~ method ~ '_comparisons') }}
        {% if not loop.last %}union all by name{% endif %}
    {% endfor %}

)

-- to ten places, so that the order in which children are added up changes nothing
select
    {{ key | map('replace', '', 'compared.', 1) | join(',\n    ') }},
    compared.dosage,
    compared.method,
    compared.n_participants,
    compared.n_matched,
    compared.n_comparisons,
    compared.n_matched_successful,
    round(compared.participant_rate, 10) as participant_rate,
    round(compared.comparison_rate, 10) as comparison_rate,
    round(compared.standard_error, 10) as standard_error,
    round(compared.absence_before_points, 10) as absence_before_points,
    round(compared.largest_difference_sd, 10) as largest_difference_sd
from compared
left join {{ source('reference', 'program_matching') }} as chosen
    on
        compared.community_id = chosen.community_id
        and compared.program_id = chosen.program_id
where compared.method = coalesce(chosen.method, 'exact')
