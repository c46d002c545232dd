{# Disaggregates and geography levels that do not sum to the total of their community, or are not there at all: a child lost
   or counted twice. What must be there is worked out from the lists, since a level that lost all of its rows says nothing. #}
{% test cells_add_up(model) %}
    -- depends_on: {{ ref('disaggregates') }}
    {% set listed = disaggregates() %}
    {% set singles = ['all'] + (listed | map(attribute = 'id') | list) %}
    {% set paired = listed | selectattr('in_pairs') | map(attribute = 'id') | list %}
    with levels (geography_level) as (

        values ('{{ geography_levels() | join("'), ('") }}')

    ),

    disaggregates (disaggregate, is_pair) as (

        values
        {% for single in singles %}
            {{ ', ' if not loop.first }}('{{ single }}', false)
        {% endfor %}
        {% for first in paired %}
            {% for second in paired[loop.index:] %}
                , ('{{ first }}_x_{{ second }}', true)
            {% endfor %}
        {% endfor %}

    ),

    sums as (

        select
            community_id,
            indicator_id,
            definition_version,
            school_year,
            collection,
            geography_level,
            disaggregate,
            sum(denominator) as denominator,
            sum(numerator) as numerator
        from {{ model }}
        group by all

    ),

    -- where children live no pairs are made
    expected as (

        select
            totals.community_id,
            totals.indicator_id,
            totals.definition_version,
            totals.school_year,
            totals.collection,
            totals.denominator,
            totals.numerator,
            levels.geography_level,
            disaggregates.disaggregate
        from sums as totals
        cross join levels
        cross join disaggregates
        where
            totals.geography_level = 'community'
            and totals.disaggregate = 'all'
            and not (disaggregates.is_pair and levels.geography_level in ('zip', 'tract'))

    )

    select
        expected.*,
        sums.denominator as denominator_found,
        sums.numerator as numerator_found
    from expected
    left join sums
        on
            expected.community_id = sums.community_id
            and expected.indicator_id = sums.indicator_id
            and expected.definition_version = sums.definition_version
            and expected.school_year = sums.school_year
            and expected.collection = sums.collection
            and expected.geography_level = sums.geography_level
            and expected.disaggregate = sums.disaggregate
    where
        sums.denominator is null
        or sums.denominator <> expected.denominator
        or sums.numerator <> expected.numerator
{% endtest %}
