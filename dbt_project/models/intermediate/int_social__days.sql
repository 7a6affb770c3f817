with

posts as (

    select * from {{ ref('stg_hootsuite__posts') }}

),

post_metrics as (

    select * from {{ ref('stg_hootsuite__post_metrics') }}

),

profiles as (

    select * from {{ ref('stg_hootsuite__social_profiles') }}

),

messages as (

    select * from {{ ref('stg_hootsuite__messages') }}

),

profile_metrics as (

    select * from {{ ref('stg_hootsuite__profile_metrics') }}

),

-- Networks name what people do with a post in their own ways, and some count likes among the reactions.
engagement_of_posts as (

    select
        post_key,
        greatest(
            coalesce(sum(value) filter (where metric = 'likes'), 0),
            coalesce(sum(value) filter (where metric = 'reactions'), 0)
        ) + coalesce(
            sum(value) filter (
                where metric in ('comments', 'replies', 'shares', 'retweets', 'reposts', 'quotes', 'saves')
            ),
            0
        ) as engagement
    from post_metrics
    group by post_key

),

counted as (

    select
        {{ business_date('posts.published_at') }} as business_date,
        posts.profile_key,
        'posts' as measure,
        1 as value
    from posts
    union all
    select
        {{ business_date('posts.published_at') }} as business_date,
        posts.profile_key,
        'engagement' as measure,
        engagement_of_posts.engagement as value
    from posts
    inner join engagement_of_posts on posts.post_key = engagement_of_posts.post_key
    union all
    select
        {{ business_date('scheduled_at') }} as business_date,
        profile_key,
        case when is_sent then 'messages_sent' else 'messages_failed' end as measure,
        1 as value
    from messages
    where not is_deleted and (is_sent or state like 'SEND_FAILED%') and scheduled_at is not null
    union all
    select
        metric_date as business_date,
        profile_key,
        metric as measure,
        value
    from profile_metrics
    where breakdown is null and metric in ('followers', 'views', 'impressions', 'reactions')

),

days as (

    select
        counted.business_date,
        'hootsuite' as source,
        coalesce(profiles.network, 'unknown') as network,
        counted.profile_key as profile,
        coalesce(sum(counted.value) filter (where counted.measure = 'posts'), 0) as posts,
        sum(counted.value) filter (where counted.measure = 'engagement') as engagement,
        coalesce(sum(counted.value) filter (where counted.measure = 'messages_sent'), 0) as messages_sent,
        coalesce(sum(counted.value) filter (where counted.measure = 'messages_failed'), 0) as messages_failed,
        sum(counted.value) filter (where counted.measure = 'followers') as followers,
        sum(counted.value) filter (where counted.measure = 'views') as views,
        sum(counted.value) filter (where counted.measure = 'impressions') as impressions,
        sum(counted.value) filter (where counted.measure = 'reactions') as reactions
    from counted
    left join profiles on counted.profile_key = profiles.profile_key
    where counted.business_date <= {{ as_of_date() }}
    group by counted.business_date, profiles.network, counted.profile_key

)

select * from days
