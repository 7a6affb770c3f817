with

comments as (

    select * from {{ ref('int_feedback__comments') }}

),

comment_themes as (

    select * from {{ source('inference', 'comment_themes') }}

),

-- A comment in which no term of a theme occurs has the theme `none`, so that none is left out of a count.
joined as (

    select
        comments.response_key,
        comments.business_date,
        comments.source,
        comments.language,
        comments.sentiment,
        comments.outcome,
        comments.scaled_score,
        coalesce(comment_themes.theme, 'none') as theme
    from comments
    left join comment_themes on comments.comment_hash = comment_themes.comment_hash

)

select * from joined
