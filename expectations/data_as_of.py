"""How far the data go: every stream is there, and none lags."""

from expectations import between, not_emptied, not_shrunk, one_of

FED_BY = "select count(*), max(night) from ops.loads where status = 'done' and night <= %(as_of_date)s"

EXPECTATIONS = (
    not_emptied(),
    not_shrunk(),
    between(
        "nights_behind", 0, 0, "an account that is enabled no longer lags for ever; one that is holds all back", "info"
    ),
    one_of("is_last_night_failed", (False,), "figures end with the last night that every stream has", "warning"),
)
