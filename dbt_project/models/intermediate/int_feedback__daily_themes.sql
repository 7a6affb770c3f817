with

comment_themes as (

    select * from {{ ref('int_feedback__themes') }}

),

comments as (

    select * from {{ ref('int_feedback__comments') }}

),

themes as (

    select * from {{ ref('voice_themes') }}

),

by_day as (

    select
        business_date,
        count(*) as all_comments
    from comments
    where business_date <= {{ as_of_date() }}
    group by business_date

),

by_theme as (

    select
        business_date,
        theme,
        count(*) as comments,
        count(*) filter (where sentiment = 'positive') as positive_comments,
        count(*) filter (where sentiment = 'neutral') as neutral_comments,
        count(*) filter (where sentiment = 'negative') as negative_comments,
        count(outcome) as scored_comments,
        count(*) filter (where outcome = -1) as detractors,
        coalesce(sum(scaled_score) filter (where outcome is not null), 0) as scaled_score_total
    from comment_themes
    group by business_date, theme

),

-- Every theme on every day that has a comment, whether or not it occurs.
dense as (

    select
        by_day.business_date,
        themes.theme,
        by_day.all_comments,
        coalesce(by_theme.comments, 0) as comments,
        coalesce(by_theme.positive_comments, 0) as positive_comments,
        coalesce(by_theme.neutral_comments, 0) as neutral_comments,
        coalesce(by_theme.negative_comments, 0) as negative_comments,
        coalesce(by_theme.scored_comments, 0) as scored_comments,
        coalesce(by_theme.detractors, 0) as detractors,
        cast(coalesce(by_theme.scaled_score_total, 0) as numeric(20, 6)) as scaled_score_total
    from by_day
    cross join themes
    left join by_theme on by_day.business_date = by_theme.business_date and themes.theme = by_theme.theme

)

select * from dense
