"""Restated facts: the rows behind the restatements are those of the facts that metrics count."""

from cx_etl.inference.restated_facts import FACTS
from cx_etl.snapshot.reasons import OF_FACTS
from expectations import one_of

EXPECTATIONS = (
    one_of("fact", tuple(fact.mart for fact in FACTS), "the facts that are looked at"),
    one_of("reason", tuple(sorted(OF_FACTS)), "a reason without words would be shown to nobody", "warning"),
)
