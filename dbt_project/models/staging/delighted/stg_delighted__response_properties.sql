with

properties as (

    select * from {{ source('raw', 'delighted__survey_responses__person_properties') }}

),

renamed as (

    select
        'delighted:' || _account || ':' || _parent_key as response_key,
        name as property,
        value as property_value
    from properties

)

select * from renamed
