{#- Where a mart and metric_values differ. Each of the mart's metrics says of which columns it is made: n and numerator, or
    n and quantile; and, where the mart has them, the value and its bounds. Summed over the mart's parts and, unless
    is_whole is false, over everything, each is to be what metric_values has of the day, or of the given grain, which ends
    with it. Quantiles and bounds do not add up: they are compared where one row is all of a segment. -#}
{% test agrees_with_metric_values(model, metrics, parts, is_whole=true) %}
    {%- set names = "('" ~ ((['all'] if is_whole else []) + parts) | join("', '") ~ "')" %}
    with

    metrics as (

        {% for metric in metrics %}
            select
                '{{ metric.metric_variant }}' as metric_variant,
                '{{ metric.grain | default('day') }}' as grain,
                business_date,
                {{ parts | join(', ') }},
                {{ metric.n }} as n,
                cast({{ metric.numerator | default(metric.quantile) }} as numeric) as numerator,
                cast({{ metric.value | default('null') }} as numeric) as value,
                cast({{ metric.ci_low | default('null') }} as numeric) as ci_low,
                cast({{ metric.ci_high | default('null') }} as numeric) as ci_high
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
        where metrics.business_date <= {{ as_of_date() }}

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
            count(*) filter (where observed.n > 0) as rows_summed,
            min(observed.ci_low) as ci_low,
            max(observed.ci_high) as ci_high
        from observed
        cross join lateral ({{ segments('observed', parts) }}) as segment (segment_name, segment_value)
        where segment.segment_value is not null and segment.segment_name in {{ names }}
        group by 1, 2, 3, 4, 5
        having sum(observed.n) > 0

    ),

    published as (

        select
            *,
            period_end - 1 as business_date
        from {{ ref('metric_values') }}
        where n > 0
            and segment_name in {{ names }}
            and (metric_variant, grain) in (select metric_variant, grain from metrics)

    ),

    joined as (

        select
            metric_variant, grain, business_date, segment_name, segment_value, summed.rows_summed, published.kind,
            summed.n, summed.numerator, summed.ci_low, summed.ci_high,
            published.n as published_n,
            published.numerator as published_numerator,
            published.ci_low as published_ci_low,
            published.ci_high as published_ci_high
        from summed
        full join published using (metric_variant, grain, business_date, segment_name, segment_value)

    ),

    differing as (

        select *
        from joined
        where n is distinct from published_n
            or (kind <> 'quantile' or rows_summed = 1)
            and not coalesce(abs(numerator - published_numerator) < 0.0001, false)
            or rows_summed = 1 and abs(ci_low - published_ci_low) > 0.0001
            or rows_summed = 1 and abs(ci_high - published_ci_high) > 0.0001

    ),

    -- The value beside the components is the one they make.
    misvalued as (

        select *
        from observed
        where abs(
            value - case when kind in ('net', 'share') then 100 else 1 end
            * numerator / case when kind in ('net', 'share', 'mean') then nullif(n, 0) else 1 end
        ) > 0.0001

    )

    select metric_variant, grain, business_date, segment_name, segment_value, n, numerator, published_n, published_numerator
    from differing
    union all
    select metric_variant, grain, business_date, 'row' as segment_name, cast(value as text), n, numerator, null, null
    from misvalued
{% endtest %}
