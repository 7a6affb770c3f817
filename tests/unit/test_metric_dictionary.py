"""docs/metrics.md is what the seeds make it, has every variant, and lists a test for each identity of the project."""

import csv

import pytest

from cx_etl.metric_dictionary import PAGE, PROJECT, dictionary

# The identities that must hold in every publication, and the tests that see to them.
IDENTITIES = {
    "promoters + passives + detractors = n": ["nps_daily__buckets_add_up"],
    "satisfied + neutral + dissatisfied = n": ["csat_daily__buckets_add_up"],
    "easy + neutral + hard = n": ["ces_daily__buckets_add_up"],
    "first reply ≤ full resolution": ["fct_tickets__first_reply_is_at_most_full_resolution"],
    "net ≤ gross sales": ["fct_orders__net_is_at_most_gross"],
    "customers lost ≤ customers at start": [
        "churn_monthly__lost_and_unknown_are_at_most_at_start",
        "revenue_churn_monthly__no_more_is_lost_than_there_was",
    ],
    "has the": [
        "assert_every_order_is_counted_or_excluded_by_a_rule",
        "assert_every_response_is_counted_or_excluded_by_a_rule",
        "assert_every_shipment_is_counted_or_excluded_by_a_rule",
    ],
    "has every ticket": ["assert_every_ticket_is_in_the_mart"],
    "every day between the first and the last is present": [
        f"{path.stem}__every_day_is_present" for path in sorted((PROJECT / "models" / "marts").glob("*_daily.sql"))
    ],
}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == dictionary(), "run `python -m cx_etl.metric_dictionary`"


def test_the_page_has_each_variant_once() -> None:
    with (PROJECT / "seeds" / "metric_definitions.csv").open(encoding="utf-8") as file:
        variants = [row["metric_variant"] for row in csv.DictReader(file)]
    page = dictionary()
    assert [page.count(f"### `{variant}`: ") for variant in variants] == [1] * len(variants)


def test_the_page_says_what_nps_is() -> None:
    (section,) = [part for part in dictionary().split("### ") if part.startswith("`nps`:")]
    for fact in (
        "9-10 promote, 0-6 detract",
        "Adjusted Wald",
        "points. More is better",
        "date of the answer",
        "Version: 1",
    ):
        assert fact in section


@pytest.mark.parametrize("identity", IDENTITIES)
def test_each_identity_has_its_tests(identity: str) -> None:
    lines = [line for line in dictionary().splitlines() if line.startswith("- ") and identity in line]
    for name in IDENTITIES[identity]:
        assert any(line.endswith(f"`{name}`") for line in lines), name
