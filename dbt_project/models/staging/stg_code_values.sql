{{ config(materialized = 'table') }}

{% set code_columns = code_columns() %}

-- codes that occur together, so that each entity is read once, however many code columns it has
with combinations as (

    {% for entity, columns in code_columns.items() %}
        select
            community_id,
            partner_id,
            extract_id,
            school_year,
            {{ columns_as_rows(columns, 'field', 'partner_code') }},
            n_rows
        from (
            select
                community_id,
                partner_id,
                extract_id,
                school_year,
                {{ columns | join(', ') }},
                count(*) as n_rows
            from {{ rows_of(entity) }}
            group by all
        ) as {{ entity }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

delivered as (

    select
        community_id,
        partner_id,
        extract_id,
        field,
        school_year,
        partner_code,
        sum(n_rows) as n_rows
    from combinations
    where partner_code is not null
    group by community_id, partner_id, extract_id, field, school_year, partner_code

),

-- only race is multi-select: several codes in one value
single_codes as (

    select
        *,
        partner_code as single_code
    from delivered
    where field <> 'race_ethnicity'
    union all
    select
        *,
        {{ split_rows('partner_code') }} as single_code
    from delivered
    where field = 'race_ethnicity'

),

-- what a standard or a product means by its codes, for its own extracts alone
of_layouts as (

    select distinct
        extract_id,
        field,
        lower(trim(partner_code)) as partner_code,
        conformed_code
    from {{ source('reference', 'extract_codes') }}

),

conformed_codes as (

    {% for field in code_columns.values() | sum(start = []) | unique %}
        select
            '{{ field }}' as field,
            code
        from {{ ref(field) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    single_codes.community_id,
    single_codes.partner_id,
    single_codes.extract_id,
    single_codes.field,
    single_codes.school_year,
    single_codes.partner_code,
    trim(single_codes.single_code) as single_code,
    -- the partner's crosswalk first, then the codes of the layout; a conformed code stands for itself
    coalesce(crosswalk.conformed_code, of_layouts.conformed_code, conformed_codes.code) as conformed_code,
    cast(single_codes.n_rows as bigint) as n_rows
from single_codes
left join {{ ref('stg_crosswalk') }} as crosswalk
    on
        single_codes.partner_id = crosswalk.partner_id
        and single_codes.field = crosswalk.field
        and lower(trim(single_codes.single_code)) = crosswalk.partner_code
        and single_codes.school_year between crosswalk.first_year and crosswalk.last_year
left join of_layouts
    on
        single_codes.extract_id = of_layouts.extract_id
        and single_codes.field = of_layouts.field
        and lower(trim(single_codes.single_code)) = of_layouts.partner_code
left join conformed_codes
    on
        single_codes.field = conformed_codes.field
        and lower(trim(single_codes.single_code)) = conformed_codes.code
where trim(single_codes.single_code) <> ''
