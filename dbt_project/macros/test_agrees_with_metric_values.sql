{#- Where a mart and metric_values differ. Each of the mart's metrics says of which columns it is made: n and numerator, or
    n and quantile; and, where the mart has it, the value. Summed over the mart's segments and, unless is_whole is false,
    over everything, each is to be what metric_values has of the day, or of the given grain, which ends with it. Quantiles
    do not add up: only one that is alone in its segment is compared. -#}
{% test agrees_with_metric_values(model, metrics, segments, is_whole=true) %}
    {%- set names = (['all'] if is_whole else []) + segments %}
    with

    metrics as (

        {% for metric in metrics %}
            select
                '{{ metric.metric_variant }}' as metric_variant,
                '{{ metric.grain | default('day') }}' as grain,
                business_date,
                {{ segments | join(', ') }},
                {{ metric.n }} as n,
                cast({{ metric.numerator | default(metric.quantile) }} as numeric) as numerator,
                cast({{ metric.value | default('null') }} as numeric) as value
            from {{ model }}
            {{ 'union all' if not loop.last }}
        {% endfor %}

    ),

    observed as (

        select
            metrics.*,
            definitions.kind
        from metrics
        left join {{ ref('metric_definitions') }} as definitions on metrics.metric_variant = definitions.metric_variant
        where metrics.n > 0 and metrics.business_date <= {{ as_of_date() }}

    ),

    summed as (

        select
            observed.metric_variant,
            observed.grain,
            observed.business_date,
            segment.segment_name,
            segment.segment_value,
            sum(observed.n) as n,
            sum(observed.numerator) as numerator,
            count(*) as parts
        from observed
        cross join lateral ({{ segments('observed', segments) }}) as segment (segment_name, segment_value)
        where segment.segment_value is not null and segment.segment_name in ('{{ names | join("', '") }}')
        group by 1, 2, 3, 4, 5

    ),

    published as (

        select
            *,
            period_end - 1 as business_date
        from {{ ref('metric_values') }}
        where n > 0
            and segment_name in ('{{ names | join("', '") }}')
            and (metric_variant, grain) in (select metric_variant, grain from metrics)

    ),

    compared as (

        select
            metric_variant, grain, business_date, segment_name, segment_value,
            summed.n,
            published.n as published_n,
            summed.numerator,
            published.numerator as published_numerator
        from summed
        full join published using (metric_variant, grain, business_date, segment_name, segment_value)
        where
            summed.n is distinct from published.n
            or (coalesce(published.kind, '') <> 'quantile' or summed.parts = 1)
            and not coalesce(abs(summed.numerator - published.numerator) < 0.0001, false)

    ),

    misvalued as (

        select
            metric_variant, grain, business_date,
            'row' as segment_name,
            cast(value as text) as segment_value,
            n,
            cast(null as integer) as published_n,
            numerator,
            cast(null as numeric) as published_numerator
        from observed
        where abs(
            value - case when kind in ('net', 'share') then 100 * numerator / n when kind = 'mean' then numerator / n else numerator end
        ) > 0.0001

    )

    select * from compared
    union all
    select * from misvalued
{% endtest %}
