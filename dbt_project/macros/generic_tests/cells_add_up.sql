{# Disaggregates and geography levels that do not sum to the total of their community: a child lost or counted twice. #}
{% test cells_add_up(model) %}
    with sums as (

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

    )

    select sums.*
    from sums
    inner join sums as totals
        on
            sums.community_id = totals.community_id
            and sums.indicator_id = totals.indicator_id
            and sums.definition_version = totals.definition_version
            and sums.school_year = totals.school_year
            and sums.collection = totals.collection
    where
        totals.geography_level = 'community'
        and totals.disaggregate = 'all'
        and (sums.denominator <> totals.denominator or sums.numerator <> totals.numerator)
{% endtest %}
