"""Which rows of the facts a build changed against the newest publication, on which dates they count, and why.

A ``Fact`` is a mart whose rows metrics count. Its dates and causes are SQL over the row as it was published (``old``)
and as it is now (``new``), of which one is null where the row came or went; ``changed`` are the names of the columns
that differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """``dates``: by which name of date, of the row {row}. ``causes``: the first that holds gives the reason."""

    mart: str
    key: tuple[str, ...]
    dates: Mapping[str, str]
    segments: tuple[str, ...]
    causes: tuple[tuple[str, str], ...]


def _changed(*columns: str) -> str:
    return f"changed && array[{', '.join(repr(column) for column in columns)}]"


ADDED = "old.{key} is null"
REMOVED = "new.{key} is null"
# Who a record belongs to is found anew when customers merge or split.
ONLY_CUSTOMER = "changed <@ array['customer_key', 'order_number_of_customer', 'is_guest']"

FACTS = (
    Fact(
        "fct_survey_responses",
        key=("response_key",),
        dates={"answered": "{row}.business_date", "sent": "{local}({row}.sent_at)"},
        segments=("source", "question", "channel"),
        causes=(
            ("response_withdrawn", REMOVED),
            ("late_response", "old.responded_at is null and new.responded_at is not null"),
            ("late_invitation", ADDED),
            ("customers_merged_or_split", ONLY_CUSTOMER),
            ("response_corrected", "true"),
        ),
    ),
    Fact(
        "feedback_comments",
        key=("response_key",),
        dates={"answered": "{row}.business_date"},
        segments=("source", "language"),
        causes=(
            ("response_withdrawn", REMOVED),
            ("late_response", ADDED),
            ("comment_judged_anew", _changed("model_version")),
            ("customers_merged_or_split", ONLY_CUSTOMER),
            ("response_corrected", "true"),
        ),
    ),
    Fact(
        "closed_loop",
        key=("response_key",),
        dates={"answered": "{row}.business_date"},
        segments=("source", "channel"),
        causes=(
            ("response_withdrawn", REMOVED),
            ("late_response", ADDED),
            ("response_corrected", _changed("score", "responded_at")),
            ("followed_up", _changed("is_contacted", "contacted_at")),
            ("customers_merged_or_split", ONLY_CUSTOMER),
            ("response_corrected", "true"),
        ),
    ),
    Fact(
        "fct_tickets",
        key=("ticket_key",),
        dates={"created": "{row}.business_date", "solved": "{local}({row}.first_resolved_at)"},
        segments=("source", "channel", "priority", "team"),
        causes=(
            ("ticket_deleted", REMOVED),
            ("late_ticket", ADDED),
            ("ticket_excluded_or_counted_again", _changed("is_excluded")),
            (
                "ticket_went_on",
                _changed("status", "first_reply_at", "first_resolved_at", "last_resolved_at", "closed_at", "reopens")
                + " or "
                + _changed("public_agent_replies", "sla_met", "sla_targets", "sla_targets_missed", "rated_at"),
            ),
            ("customers_merged_or_split", ONLY_CUSTOMER),
            ("ticket_corrected", "true"),
        ),
    ),
    Fact(
        "fct_orders",
        key=("order_key",),
        dates={
            "ordered": "{row}.business_date",
            "shipped": "{local}({row}.shipped_at)",
            "delivered": "{local}({row}.delivered_at)",
            "refunded": "{local}({row}.return_refunded_at)",
        },
        segments=("source", "country", "carrier", "currency"),
        causes=(
            ("order_deleted", REMOVED),
            ("late_order", ADDED),
            ("order_cancelled", _changed("is_cancelled")),
            ("refund", _changed("returns", "returned_at", "return_opened_at", "return_refunded_at")),
            ("delivery_news", _changed("shipped_at", "delivered_at", "promised_at", "carrier", "is_delivered_late")),
            ("customers_merged_or_split", ONLY_CUSTOMER),
            ("order_corrected", "true"),
        ),
    ),
    Fact(
        "fct_shipments",
        key=("shipment_key",),
        dates={"ended": "{local}(coalesce({row}.delivered_at, {row}.sent_back_at))"},
        segments=("source", "carrier"),
        causes=(("parcel_removed", REMOVED), ("delivery_news", "true")),
    ),
    Fact(
        "web_daily",
        key=("business_date", "source", "channel"),
        dates={"day": "{row}.business_date"},
        segments=("source", "channel"),
        causes=(("web_sessions_settled", "old.is_provisional"), ("web_sessions_corrected", "true")),
    ),
)

# The largest bigint: a version that no build has closed.
OPEN = 9223372036854775807

# One row per changed row and date by which it counts. Every column is compared but those that tell of versions.
_CHANGES = """
with gone as (
    select * from marts_versions.{mart}
    where _valid_from <= %(since)s and _valid_to > %(since)s and _valid_to < {open}
),

come as (
    select * from marts_versions.{mart} where _valid_from > %(since)s and _valid_to = {open}
),

paired as (
    select
        old,
        new,
        to_jsonb(old) - array['_valid_from', '_valid_to'] as old_row,
        to_jsonb(new) - array['_valid_from', '_valid_to'] as new_row
    from gone as old
    full join come as new on {same_key}
),

compared as (
    select
        paired.*,
        array(
            select each.key from jsonb_each(coalesce(new_row, old_row)) as each
            where old_row -> each.key is distinct from new_row -> each.key
            order by each.key
        ) as changed
    from paired
)

insert into inference.restated_facts (
    since_publication_id, fact, fact_key, dated_by, old_date, new_date, change, reason, changed_columns, segments
)
select
    %(since)s,
    '{mart}',
    {key},
    dated.dated_by,
    dated.old_date,
    dated.new_date,
    case when {added} then 'added' when {removed} then 'removed' else 'changed' end,
    case {causes} end,
    case when not ({added} or {removed}) then changed else '{{}}' end,
    array(
        select distinct segment from unnest({segments}) as segment where segment is not null order by segment
    )
from compared
cross join lateral (values {dates}) as dated (dated_by, old_date, new_date)
where cardinality(changed) > 0
    -- What is of later days only is news, but for metrics that count what comes after their period.
    and least(dated.old_date, dated.new_date) <= coalesce(
        (
            select %(as_of_date)s + nullif(max(days_after), 0) from intermediate.metric_facts
            where fact = '{mart}' and metric_facts.dated_by = dated.dated_by
        ),
        %(as_of_date)s
    )
"""


def changes_of(fact: Fact, time_zone: str) -> str:
    """The statement that adds the fact's changes since a publication and its date to inference.restated_facts."""
    key = fact.key[0]
    return _CHANGES.format(
        mart=fact.mart,
        open=OPEN,
        same_key=" and ".join(f"old.{column} = new.{column}" for column in fact.key),
        key=" || '/' || ".join(f"coalesce((new).{column}, (old).{column})::text" for column in fact.key),
        added=_of_composites(ADDED.format(key=key)),
        removed=_of_composites(REMOVED.format(key=key)),
        causes=" ".join(
            f"when {_of_composites(condition.replace('{key}', key))} then '{reason}'"
            for reason, condition in fact.causes
        ),
        segments=_segments(fact),
        dates=", ".join(_date(name, expression, time_zone) for name, expression in fact.dates.items()),
    )


def _of_composites(condition: str) -> str:
    """The condition where old and new are columns of a row type."""
    return condition.replace("old.", "(old).").replace("new.", "(new).")


def _segments(fact: Fact) -> str:
    """All names and values of the segments that the row was or is in, one of them everyone."""
    values = [f"'{name}=' || ({row}).{name}" for name in fact.segments for row in ("old", "new")]
    return f"array['all=all', {', '.join(values)}]"


def _date(name: str, expression: str, time_zone: str) -> str:
    dates = (_local(expression.replace("{row}", f"({row})"), time_zone) for row in ("old", "new"))
    return f"('{name}', {', '.join(dates)})"


def _local(expression: str, time_zone: str) -> str:
    """The expression with ``{local}(instant)`` as the business date of the instant."""
    if not expression.startswith("{local}"):
        return expression
    zone = time_zone.replace("'", "''")
    return f"({expression.removeprefix('{local}')} at time zone '{zone}')::date"
