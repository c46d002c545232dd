select
    communities.community_id,
    communities.minimum_denominator,
    cast(communities.minimum_denominator // 3 as integer) as smallest_width,
    rules.shows_bands,
    rules.band_smallest,
    rules.band_share,
    rules.shows,
    rules.rounded_to,
    rules.rounded_under,
    this_release.release_id
from {{ source('reference', 'communities') }} as communities
inner join {{ source('reference', 'disclosure_rules') }} as rules
    on communities.community_id = rules.community_id
cross join {{ source('reference', 'release') }} as this_release
