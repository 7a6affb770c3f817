"""Two publications to render: figures, a restated one, sources, a warning and a held-back record."""

from datetime import date, timedelta

import pytest

from cx_etl import publish
from tests.expectations.handmade import NIGHT, close, connection, figure, make_marts, put_rows, put_value, start_build

HOSTILE = "<script>alert('x')</script>"


def publish_build(build_id: int, warning: str = "") -> int:
    """Publish a build whose gate found nothing critical."""
    with connection() as warehouse:
        warehouse.execute(
            "insert into ops.gate_results (build_id, mart, expectation, severity, success, observed, reason, owner)"
            " values (%s, 'fct_orders', 'rows', 'critical', true, '3', 'why', 'data')",
            (build_id,),
        )
        if warning:
            warehouse.execute(
                "insert into ops.gate_results"
                " (build_id, mart, expectation, severity, success, observed, reason, owner)"
                " values (%s, 'fct_orders', %s, 'warning', false, '7 of 9 rows', 'why', 'data')",
                (build_id, warning),
            )
    assert publish.publish(build_id).published
    return build_id


@pytest.fixture
def marts(warehouse: str) -> str:
    """The DSN of a warehouse with empty marts and no build yet."""
    make_marts()
    return warehouse


@pytest.fixture
def two_publications(marts: str) -> tuple[int, int]:
    """The ids of yesterday's and tonight's publication."""
    first = start_build(night=NIGHT - timedelta(days=1))
    starts = [NIGHT - timedelta(days=29 + days) for days in range(1, 100)]
    trend = [
        figure("nps", 30 + place / 10, period_start=start, period_end=start + timedelta(days=30))
        for place, start in enumerate(starts, start=1)
    ]
    put_rows(first, "metric_values", trend)
    month = {"grain": "month", "period_start": date(2018, 9, 1), "period_end": date(2018, 10, 1)}
    put_value(first, "csat_top2", 84.5, segment_name="channel", segment_value=HOSTILE, n=2200, **month)
    publish_build(first)
    second = start_build()
    close(second, "metric_values", metric_variant="csat_top2")
    put_value(second, "csat_top2", 83.25, segment_name="channel", segment_value=HOSTILE, n=2212, **month)
    put_value(second, "nps", -31.26, n=12345, previous_value=-20.5, is_significant=True)
    put_value(second, "nps", 41.44, grain="all_time", period_start=date(2016, 9, 4), n=765432)
    _night_records()
    effect = {"metric_variant": "nps", "grain": "rolling_30d", "source": "all", "records_held": 1, "value": -31.26}
    put_rows(second, "quarantine_effects", [{**effect, "lowest_value": -33.1, "highest_value": -29.44}])
    figures = {"metric_variant": "csat_top2", "segment_name": "channel", "segment_value": HOSTILE, **month}
    told = {"since_publication_id": first, "old_n": 2200, "new_n": 2212, "reason": "late_response"}
    put_rows(second, "restatements", [{**figures, **told, "reasons": '{"late_response": 12, "refund": 1}'}])
    return first, publish_build(second, warning="delivery_days at least 0")


def _night_records() -> None:
    """What the night left beside the marts: loads of two sources, one of them late, and a rejected record."""
    with connection() as warehouse:
        for source, night in (("shopify", NIGHT), ("zendesk", NIGHT - timedelta(days=1))):
            warehouse.execute(
                "insert into ops.loads (source, account, stream, night, run_id, window_to, pages, calls, rows_read,"
                " rows_new, rows_changed, rows_same, rows_rejected, bytes, seconds, status)"
                " values (%s, 'shop', 'orders', %s, 'r', %s, 1, 1, 54321, 1, 1, 1, 2, 1, 1, 'done')",
                (source, night, f"{night + timedelta(days=1)}T00:00:00Z"),
            )
        warehouse.execute(
            "insert into raw.quarantine (source, account, stream, reason, table_name, payload, landing_file,"
            " record_offset, payload_hash, night, run_id, observed_at)"
            " values ('shopify', 'shop', 'orders', 'no id', 'shopify__orders', '{}', 'f', 1, 'x', %s, 'r', now())",
            (NIGHT,),
        )
