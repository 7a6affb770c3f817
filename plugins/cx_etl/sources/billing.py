"""Billing: subscriptions as a billing system exports them, from files. The churn rule ``contractual`` is made of them.

A subscription is a term of one customer: from its first day to its last, at one monthly amount. Where the amount or the
plan changes, one ends and the next begins. ``subscription_attributes`` has one row per subscription and property, such
as the payment method; each property becomes a segment.
Cannot see: what an amount was before an export overwrote it, and customers who never had a subscription.
"""

from cx_etl.sources.file_drop.declaration import declared
from cx_etl.sources.file_drop.streams import source_of, stream_of

STREAMS = declared(
    [
        {
            "source": "billing",
            "stream": "subscriptions",
            "pattern": "subscriptions*.csv*",
            "key": "subscription_id",
            "columns": {
                "subscription_id": "text",
                "customer_id": {"type": "text", "required": True},
                "customer_email": {"type": "text", "optional": True},
                "plan": "text",
                "started_on": {"type": "date", "required": True},
                "ended_on": "date",
                "monthly_amount": {"type": "decimal", "required": True},
                "currency": "text",
            },
        },
        {
            "source": "billing",
            "stream": "subscription_attributes",
            "pattern": "attributes*.csv*",
            "key": ["subscription_id", "attribute"],
            "columns": {"subscription_id": "text", "attribute": "text", "value": "text"},
        },
    ]
)

SOURCE = source_of("billing", *(stream_of(stream, STREAMS) for stream in STREAMS))
