"""Restatements: every figure that changed after it was published says why. How many they are is up to the retention."""

from cx_etl.snapshot.reasons import OF_FACTS, WITHOUT_FACTS
from expectations import between, one_of

EXPLAINED = tuple(sorted({*OF_FACTS, *WITHOUT_FACTS} - {"unexplained"}))

EXPECTATIONS = (
    between("old_n", 0, None, "a figure that was not there had no observations"),
    between("new_n", 0, None, "a figure that is gone has none"),
    one_of(
        "reason",
        EXPLAINED,
        "a figure that changed though nothing that it counts did: look for it in `cx diff` before anybody asks",
        "warning",
    ),
)
