"""An expectation and what was observed, in words a person reads at night."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from expectations import Check

# What the build's facts are called where an expectation is described without their values.
_FACTS = {
    "as_of_date": "the as-of date",
    "loaded_until": "the day after the last load",
    "week_before": "a week before the as-of date",
    "newest_loaded": "the newest loaded record",
    "least_rows": "one where anything was loaded or published",
    "published_floor": "80 % of the published",
}


def in_words(check: Check) -> str:
    """The expectation as a phrase, the same for every build."""
    if check.words:
        return check.words
    return _subject(check) + _limits(check.kwargs) + _scope(check.kwargs)


def expected(check: Check, facts: Mapping[str, Any]) -> str:
    """The expectation with this build's facts filled in."""
    filled = {key: _filled(value, facts) for key, value in check.kwargs.items()}
    if check.words:
        return "no row breaks it"
    return (_limits(filled) or _subject(check)).strip()


def _subject(check: Check) -> str:
    kwargs = check.kwargs
    subjects = {
        "expect_table_row_count_to_be_between": "number of rows",
        "expect_column_max_to_be_between": f"newest {kwargs.get('column')}",
        "expect_column_unique_value_count_to_be_between": f"number of different {kwargs.get('column')} values",
        "expect_column_pair_values_a_to_be_greater_than_b": (
            f"{kwargs.get('column_A')} not below {kwargs.get('column_B')}"
        ),
        "expect_column_values_to_match_regex": f"{kwargs.get('column')} matches {kwargs.get('regex')}",
    }
    return subjects.get(check.kind, str(kwargs.get("column", check.kind)))


def _limits(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if "value_set" in kwargs:
        return f" one of {', '.join(_text(value) for value in kwargs['value_set'])}"
    if low is not None and high is not None:
        return f" between {_text(low)} and {_text(high)}"
    if low is not None:
        return f" at least {_text(low)}"
    return f" at most {_text(high)}" if high is not None else ""


def _scope(kwargs: Mapping[str, Any]) -> str:
    share = f", in {kwargs['mostly']:.0%} of the rows" if "mostly" in kwargs else ""
    return share + (", where {} is {}".format(*kwargs["where"]) if "where" in kwargs else "")


def _filled(value: Any, facts: Mapping[str, Any]) -> Any:
    return facts[value["$PARAMETER"]] if isinstance(value, Mapping) else value


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return _FACTS[value["$PARAMETER"]]
    if value == date.min:
        return "any date"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def observed(result: Mapping[str, Any]) -> str:
    """What great-expectations saw, as counts: never a value of a row."""
    if result.get("unexpected_count") is not None and result.get("element_count") is not None:
        rows, broken = result["element_count"], result["unexpected_count"]
        share = f" ({broken / rows:.2%})" if rows else ""
        return f"{broken:,} of {rows:,} rows break it{share}"
    value = result.get("observed_value")
    return "no values" if value is None else _text(value)
