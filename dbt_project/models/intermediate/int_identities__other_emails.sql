with

contacts as (

    select * from {{ ref('stg_freshdesk__contacts') }}

),

written as (

    select
        contact_key as identity_key,
        email as own_email,
        {{ elements('other_emails') }} as address
    from contacts
    where other_emails is not null

),

emails as (

    select distinct
        identity_key,
        own_email,
        {{ normal_email('address') }} as email
    from written

),

final as (

    select identity_key, email
    from emails
    where email is not null and email is distinct from own_email

)

select * from final
