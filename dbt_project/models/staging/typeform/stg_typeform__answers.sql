with

answers as (

    select * from {{ source('raw', 'typeform__responses__answers') }}

),

renamed as (

    select
        'typeform:' || _account || ':' || _parent_key as response_key,
        _position as position_in_response,
        coalesce(field__ref, field__id) as question,
        type as answer_type,
        text as answer_text,
        -- A rating is a number, an opinion scale may be a labelled choice, yes/no a boolean.
        case
            when number is not null then cast(number as numeric)
            when boolean is not null then cast(cast(boolean as integer) as numeric)
            when choice__label ~ '^[0-9]{1,3}$' then cast(choice__label as numeric)
        end as answer_number
    from answers

)

select * from renamed
