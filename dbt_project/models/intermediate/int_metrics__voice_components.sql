with

comments as (

    select * from {{ ref('int_feedback__comments') }}

),

daily_themes as (

    select * from {{ ref('int_feedback__daily_themes') }}

),

sentiments as (

    select
        'comment_sentiment_net' as metric_variant,
        segment.segment_name,
        segment.segment_value,
        comments.business_date,
        count(*) as n,
        count(*) filter (where comments.sentiment = 'positive') as positives,
        count(*) filter (where comments.sentiment = 'negative') as negatives
    from comments
    cross join lateral ({{ segments('comments', ['source', 'language']) }}) as segment (segment_name, segment_value)
    where comments.business_date is not null and segment.segment_value is not null
    group by segment.segment_name, segment.segment_value, comments.business_date

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

unioned as (

    select * from sentiments
    union all
    select * from theme_sentiments
    union all
    select * from theme_shares

),

components as (

    select
        *,
        cast(0 as numeric) as total,
        cast(0 as numeric) as total_of_squares,
        0 as unfinished
    from unioned
    where n > 0

)

select * from components
