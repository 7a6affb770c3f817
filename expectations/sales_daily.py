"""Sales per day, shop and currency: every day up to the as-of date, amounts of known currencies."""

from expectations import Check, at_least, between, not_emptied, not_shrunk, reaches_as_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("store"),
    reaches_as_of("business_date"),
    between("orders", 0, None, "a count"),
    between("refunds", 0, None, "a count"),
    between("gross_sales", 0, None, "a sum of prices"),
    between("returns", 0, None, "what is given back is counted up to the price of the goods, never below nothing"),
    at_least("gross_sales", "discounts", "a day cannot give more off than its orders cost", "warning"),
    Check(
        "expect_column_values_to_match_regex",
        {"column": "currency", "regex": "^[A-Z]{3}$"},
        "money without an ISO 4217 currency cannot be added up",
    ),
)
