"""Customers: nobody disappears, and what is said of them is possible."""

from expectations import Check, between, not_emptied, not_shrunk

EXPECTATIONS = (
    not_emptied(),
    not_shrunk(),
    between("orders_count", 0, None, "a count"),
    between("tickets_count", 0, None, "a count"),
    between("responses_count", 0, None, "a count"),
    between("last_nps", 0, 10, "NPS answers are 0 to 10; anything else is a question declared as the wrong metric"),
    between("net_sales", 0, None, "returns are counted up to the price of the goods: below zero they count twice"),
    between(
        "identities_count",
        1,
        500,
        "so many identities of one customer look like an address that many share: does the stoplist know it?",
        "warning",
    ),
    Check(
        "expect_column_values_to_match_regex",
        {"column": "country", "regex": "^[A-Z]{2}$", "mostly": 0.95},
        "ISO 3166 codes join with BI maps; a few free-text countries do no harm",
        "warning",
    ),
)
