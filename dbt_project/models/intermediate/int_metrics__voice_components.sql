with

comments as (

    select * from {{ ref('int_feedback__comments') }}

),

daily_themes as (

    select * from {{ ref('int_feedback__daily_themes') }}

),

judged as (

    select
        'comment_sentiment_net' as metric_variant, business_date, source, language,
        1 as n,
        cast(sentiment = 'positive' as integer) as positives,
        cast(sentiment = 'negative' as integer) as negatives
    from comments
    where business_date is not null

),

sentiments as (

    {{ components_by_segment('judged', ['source', 'language'], ['negatives']) }}

),

theme_sentiments as (

    select
        'comment_sentiment_net' as metric_variant,
        'theme' as segment_name,
        theme as segment_value,
        business_date,
        comments as n,
        positive_comments as positives,
        negative_comments as negatives
    from daily_themes

),

-- Of all comments of the day, those with the theme: a day without it counts too.
theme_shares as (

    select
        'comment_theme_share' as metric_variant,
        'theme' as segment_name,
        theme as segment_value,
        business_date,
        all_comments as n,
        comments as positives,
        0 as negatives
    from daily_themes
    union all
    select
        'comment_theme_share' as metric_variant,
        'all' as segment_name,
        'all' as segment_value,
        business_date,
        all_comments as n,
        all_comments - comments as positives,
        0 as negatives
    from daily_themes
    where theme = 'none'

),

themes as (

    select * from theme_sentiments
    union all
    select * from theme_shares

),

unioned as (

    select * from sentiments
    union all
    select
        *,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        0 as unfinished
    from themes
    where n > 0

)

select * from unioned
