with

answers as (

    select * from {{ source('raw', 'qualtrics__responses__answers') }}

),

renamed as (

    select
        'qualtrics:' || _account || ':' || _parent_key || ':' || _position as answer_key,
        'qualtrics:' || _account || ':' || _parent_key as response_key,
        _position as position_in_response,
        question,
        nullif(trim(value), '') as answer_text,
        label as answer_label,
        case when value ~ '^[0-9]{1,3}$' then cast(value as numeric) end as answer_number
    from answers

)

select * from renamed
