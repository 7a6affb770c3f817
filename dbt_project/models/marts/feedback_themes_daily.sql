{{ config(unique_key=['business_date', 'theme']) }}

with

daily_themes as (

    select * from {{ ref('int_feedback__daily_themes') }}

),

themes as (

    select * from {{ ref('voice_themes') }}

),

first_days as (

    select min(business_date) as first_day
    from daily_themes

),

spine as (

    select calendar.day as business_date
    from first_days
    cross join lateral ({{ days('first_days.first_day', as_of_date()) }}) as calendar

),

final as (

    select
        spine.business_date,
        themes.theme,
        themes.label,
        cast(coalesce(daily_themes.all_comments, 0) as integer) as all_comments,
        cast(coalesce(daily_themes.comments, 0) as integer) as comments,
        cast(
            cast(daily_themes.comments as numeric) / nullif(daily_themes.all_comments, 0) as numeric(20, 6)
        ) as theme_share,
        cast(coalesce(daily_themes.positive_comments, 0) as integer) as positive_comments,
        cast(coalesce(daily_themes.neutral_comments, 0) as integer) as neutral_comments,
        cast(coalesce(daily_themes.negative_comments, 0) as integer) as negative_comments,
        cast(coalesce(daily_themes.scored_comments, 0) as integer) as scored_comments,
        cast(coalesce(daily_themes.detractors, 0) as integer) as detractors,
        cast(coalesce(daily_themes.scaled_score_total, 0) as numeric(20, 6)) as scaled_score_total,
        cast(
            daily_themes.scaled_score_total / nullif(daily_themes.scored_comments, 0) as numeric(20, 6)
        ) as mean_scaled_score
    from spine
    cross join themes
    left join daily_themes on spine.business_date = daily_themes.business_date and themes.theme = daily_themes.theme

)

select * from final
