"""Requests to the Data API: what may stand in one, its dates, and its filters."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import msgspec

from sandbox.dataset import Record

DEFAULT_PAGE = 10_000
MATCHES = ("", "EXACT", "BEGINS_WITH", "ENDS_WITH", "CONTAINS", "FULL_REGEXP", "PARTIAL_REGEXP")


class Invalid(Exception):
    """What the vendor answers with 400 INVALID_ARGUMENT."""


class Named(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class DateRange(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    start_date: str
    end_date: str
    name: str = ""


class DimensionOrder(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    dimension_name: str
    order_type: str | int = 0


class MetricOrder(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    metric_name: str


class OrderBy(msgspec.Struct, forbid_unknown_fields=True):
    dimension: DimensionOrder | None = None
    metric: MetricOrder | None = None
    desc: bool = False


class StringFilter(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    value: str = ""
    match_type: str | int = "EXACT"
    case_sensitive: bool = False


class InListFilter(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    values: list[str]
    case_sensitive: bool = False


class Filter(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    field_name: str
    string_filter: StringFilter | None = None
    in_list_filter: InListFilter | None = None


class Group(msgspec.Struct, forbid_unknown_fields=True):
    expressions: "list[Expression]"


class Expression(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    and_group: Group | None = None
    or_group: Group | None = None
    not_expression: "Expression | None" = None
    filter: Filter | None = None


class Asked(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A request for a report; int64 comes as text, and Google's own client names enums by number."""

    metrics: list[Named] = []
    dimensions: list[Named] = []
    date_ranges: list[DateRange] = []
    dimension_filter: Expression | None = None
    order_bys: list[OrderBy] = []
    limit: str | int = DEFAULT_PAGE
    offset: str | int = 0
    keep_empty_rows: bool = False
    return_property_quota: bool = False
    compatibility_filter: str | int = ""


def date_of(text: str, today: date) -> date:
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    if found := re.fullmatch(r"(\d+)daysAgo", text):
        return today - timedelta(days=int(found[1]))
    try:
        return date.fromisoformat(text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else "")
    except ValueError:
        raise Invalid(f"Invalid date: {text}. Use YYYY-MM-DD, NdaysAgo, yesterday, or today") from None


def filtered(expression: Expression | None) -> Iterator[str]:
    """The fields that an expression looks at."""
    if expression is None:
        return
    if expression.filter:
        yield expression.filter.field_name
    for group in (expression.and_group, expression.or_group):
        for each in group.expressions if group else ():
            yield from filtered(each)
    yield from filtered(expression.not_expression)


def matches(expression: Expression | None, cell: Record) -> bool:
    if expression is None:
        return True
    if expression.and_group:
        return all(matches(each, cell) for each in expression.and_group.expressions)
    if expression.or_group:
        return any(matches(each, cell) for each in expression.or_group.expressions)
    if expression.not_expression:
        return not matches(expression.not_expression, cell)
    if expression.filter is None:
        raise Invalid("The filter expression is empty")
    return matches_field(expression.filter, cell[expression.filter.field_name])


def matches_field(asked: Filter, value: str) -> bool:
    listed, text = asked.in_list_filter, asked.string_filter
    if listed:
        return folded(value, listed.case_sensitive) in {folded(each, listed.case_sensitive) for each in listed.values}
    if text is None:
        raise Invalid(f"The filter of {asked.field_name} has neither stringFilter nor inListFilter")
    kind = MATCHES[text.match_type] if isinstance(text.match_type, int) else text.match_type
    if kind not in COMPARE:
        raise Invalid(f"matchType {kind} is not valid")
    return COMPARE[kind](folded(value, text.case_sensitive), folded(text.value, text.case_sensitive))


def folded(text: str, is_case_sensitive: bool) -> str:
    return text if is_case_sensitive else text.casefold()


COMPARE: dict[str, Callable[[str, str], bool]] = {
    "": str.__eq__,
    "EXACT": str.__eq__,
    "BEGINS_WITH": str.startswith,
    "ENDS_WITH": str.endswith,
    "CONTAINS": str.__contains__,
    "FULL_REGEXP": lambda value, pattern: re.fullmatch(pattern, value) is not None,
    "PARTIAL_REGEXP": lambda value, pattern: re.search(pattern, value) is not None,
}
