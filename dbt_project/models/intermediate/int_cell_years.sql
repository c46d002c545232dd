{% set of_a_cell = [
    'community_id', 'indicator_id', 'definition_version', 'school_year', 'collection', 'geography_level', 'geography_id',
    'profile_part', 'profile', 'denominator', 'numerator',
] %}
-- what else decides on a cell and on whether it may be shown; a year has all of it, since it is little
{% set others = [
    (source('reference', 'collections'), ['community_id', 'collection', 'maturity']),
    (ref('int_incomplete_years'), ['community_id', 'indicator_id', 'school_year', 'collection']),
    (ref('dim_school'), ['community_id', 'organization_id', 'district_id']),
    (source('reference', 'publication_plan'), ['community_id', 'geography_level', 'disaggregate']),
    (source('reference', 'communities'), ['community_id', 'minimum_denominator']),
    (source('reference', 'indicator_selection'), ['community_id', 'indicator_id']),
    (
        source('reference', 'disclosure_rules'),
        ['community_id', 'shows_bands', 'band_smallest', 'band_share', 'shows', 'rounded_to', 'rounded_under'],
    ),
    (
        source('reference', 'disclosure_folds'),
        ['community_id', 'geography_level', 'disaggregate', 'subgroup', 'folded_subgroup'],
    ),
    (source('reference', 'disclosure_protected_last'), ['community_id', 'disaggregate', 'subgroup']),
    (source('reference', 'disclosure_holds'), ['community_id', 'indicator_id', 'school_year']),
    (source('reference', 'withdrawn_releases'), ['release_id']),
    (
        source('reference', 'disclosure_implications'),
        ['community_id', 'disaggregate', 'subgroup', 'implied_disaggregate', 'implied_subgroup'],
    ),
] %}

-- depends_on: {{ ref('disaggregates') }}
-- sums of hashes: equal for equal rows in any order
with others as (

    {% for relation, columns in others %}
        select
            '{{ loop.index }}' as part,
            sum(hashed.row_hash) as hash_sum
        from (
            select {{ row_hash(columns) }} as row_hash
            from {{ relation }}
        ) as hashed
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

cells as (

    select
        hashed.school_year,
        sum(hashed.row_hash) as hash_sum
    from (
        select
            school_year,
            {{ row_hash(of_a_cell) }} as row_hash
        from {{ ref('int_indicator_cells') }}
    ) as hashed
    group by hashed.school_year

),

-- which tracts lie in which ZIP codes, as far as children live there
residences as (

    select
        hashed.school_year,
        sum(hashed.row_hash) as hash_sum
    from (
        select distinct
            school_year,
            {{ row_hash(['community_id', 'zip_code', 'tract_id']) }} as row_hash
        from {{ ref('fct_student_year') }}
    ) as hashed
    group by hashed.school_year

)

select
    cells.school_year,
    md5(concat_ws(
        '|',
        -- other models, other cells
        '{{ var("project_hash", "") }}',
        cells.hash_sum,
        residences.hash_sum,
        (select string_agg(concat_ws(':', others.part, others.hash_sum), '|' order by others.part) from others)
    )) as inputs_hash
from cells
left join residences on cells.school_year = residences.school_year
