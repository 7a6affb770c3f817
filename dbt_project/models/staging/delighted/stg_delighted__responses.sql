with

archived as (

    select * from {{ source('raw', 'delighted__survey_responses') }}

),

exported as (

    select * from {{ source('raw', 'delighted__exported_responses') }}

),

-- The API's archive is nearer to what was answered; the export knows people that the archive may only number.
from_archives as (

    select
        'delighted:' || archived._account || ':' || archived.id as response_key,
        archived.survey_type,
        archived.person__id as person_id,
        coalesce(archived.person__name, exported.name) as name,
        {{ normal_email('coalesce(archived.person__email, exported.email)') }} as email,
        coalesce(archived.person__phone_number, exported.phone_number) as phone,
        nullif(trim(archived.comment), '') as comment,
        archived.score,
        archived._deleted_at is not null as is_deleted,
        archived.created_at as responded_at,
        archived.updated_at
    from archived
    left join exported on archived._account = exported._account and archived.id = exported.response_id

),

from_exports as (

    select
        'delighted:' || exported._account || ':' || exported.response_id as response_key,
        lower(exported.survey_type) as survey_type,
        exported.person_id,
        exported.name,
        {{ normal_email('exported.email') }} as email,
        exported.phone_number as phone,
        nullif(trim(exported.comment), '') as comment,
        exported.score,
        exported._deleted_at is not null as is_deleted,
        exported.created_at as responded_at,
        exported.updated_at
    from exported
    left join archived on exported._account = archived._account and exported.response_id = archived.id
    where archived.id is null

),

combined as (

    select * from from_archives
    union all
    select * from from_exports

)

select * from combined
