with conditions as (

    select
        *,
        upper(replace(trim(condition_code), '.', '')) as plain_code
    from {{ rows_of('condition') }}

),

coded as (

    select distinct
        conditions.plain_code,
        code_system_codes.conformed_code as code_system
    from conditions
    {{ join_codes('code_system', 'conditions') }}

),

-- codes of ICD-10-CM begin with their category's, the longest of which counts; those of SNOMED CT tell nothing
categories as (

    select
        coded.code_system,
        coded.plain_code,
        known.condition_category
    from coded
    inner join {{ ref('condition_categories') }} as known
        on
            coded.code_system = known.code_system
            and case
                when coded.code_system = 'icd_10_cm' then starts_with(coded.plain_code, known.condition_code)
                else coded.plain_code = known.condition_code
            end
    qualify
        row_number() over (
            partition by coded.code_system, coded.plain_code
            order by length(known.condition_code) desc
        ) = 1

)

select
    links.person_id,
    conditions.community_id,
    conditions.partner_id,
    conditions.student_id,
    conditions.school_year,
    conditions.collection,
    coalesce(
        categories.condition_category,
        case when code_system_codes.conformed_code = 'icd_10_cm' then 'other' else 'unknown' end
    ) as condition_category,
    case
        when code_system_codes.conformed_code = 'icd_10_cm' and length(conditions.plain_code) > 3
            then left(conditions.plain_code, 3) || '.' || substring(conditions.plain_code, 4)
        else upper(trim(conditions.condition_code))
    end as condition_code,
    {{ conformed('code_system') }},
    {{ conformed('clinical_status') }},
    {{ conformed('verification_status') }},
    conditions.onset_date,
    conditions.abatement_date,
    conditions.recorded_date,
    conditions.extract_id,
    conditions._load_id,
    conditions._row_number
from conditions
{{ join_person('conditions') }}
{{ join_codes('code_system', 'conditions') }}
{{ join_codes('clinical_status', 'conditions') }}
{{ join_codes('verification_status', 'conditions') }}
left join categories
    on
        code_system_codes.conformed_code = categories.code_system
        and conditions.plain_code = categories.plain_code
