"""One chart: a figure over time with its interval, as SVG that takes the page's colours, and as PNG for mails."""

import io
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cx_etl.language.catalogue import gettext
from cx_etl.language.numbers import short_day
from cx_etl.language.spoken import ENGLISH
from cx_etl.language.spoken import spoken as spoken_now

if TYPE_CHECKING:
    from cx_etl.snapshot.figures import Headline, Value

# Colours of the specification stand for the page's own, so that a chart follows light and dark.
_COLOURS = {"#010101": "var(--accent)", "#020202": "var(--soft)", "#030303": "var(--line)"}
_LINE, _TEXT, _GRID = _COLOURS
# A picture cannot follow the reader's scheme; these are the page's light ones.
_FIXED_COLOURS = {_LINE: "#1f6f8b", _TEXT: "#56616f", _GRID: "#d9dee5"}
# Beside the figure in a mail; on a phone below it, without being made smaller.
PNG_WIDTH = 250
_PNG_SCALE = 2


def trend_svg(headline: "Headline") -> str:
    """The SVG of a headline's trend; empty with fewer than two days. The same values give the same bytes."""
    points = _points(headline.trend)
    if not _is_line(points):
        return ""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(trend_spec(points), vl_version="6.4")
    return _fit_into_page(svg, f"{headline.metric.variant}-", spoken(headline))


def trend_png(headline: "Headline") -> bytes:
    """The picture of a headline's trend, a few kilobytes; empty with fewer than two days."""
    points = _points(headline.trend)
    if not _is_line(points):
        return b""
    import vl_convert

    specification = json.dumps({**trend_spec(points, PNG_WIDTH), "background": "#ffffff"})
    for stands_for, colour in _FIXED_COLOURS.items():
        specification = specification.replace(stands_for, colour)
    return _few_colours(vl_convert.vegalite_to_png(json.loads(specification), vl_version="6.4", scale=_PNG_SCALE))


def _few_colours(png: bytes) -> bytes:
    """The same picture in a tenth of the size: a line, a band and grey words need no more than a palette."""
    from PIL import Image

    smaller = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(16).save(smaller, "PNG", optimize=True)
    return smaller.getvalue()


def trend_spec(points: list[dict[str, Any]], width: int = 340) -> dict[str, Any]:
    """The Vega-Lite specification: a band for the interval, a line for the value, no decoration."""
    import altair as alt

    # Figures need no font: a picture in a mail is drawn with those of this machine.
    days = "%-d %b" if spoken_now().language == ENGLISH else "%-d/%-m"
    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format=days, tickCount=4, labelFlush=True)),
    )
    scale = alt.Scale(zero=False, nice=True)
    band = base.mark_area(color=_LINE, opacity=0.18).encode(
        y=alt.Y("low:Q", scale=scale, title=None, axis=alt.Axis(tickCount=4)), y2="high:Q"
    )
    line = base.mark_line(color=_LINE, strokeWidth=2).encode(y=alt.Y("value:Q", scale=scale, title=None))
    padding = {"left": 2, "right": 8, "top": 6, "bottom": 2}
    chart = (
        alt.layer(band, line)
        .properties(width=width, height=110, padding=padding, background="transparent")
        .configure(aria=False, font="system-ui, sans-serif")
        .configure_axis(
            labelColor=_TEXT, labelFontSize=12, gridColor=_GRID, domainColor=_GRID, tickColor=_GRID, tickSize=3
        )
        .configure_view(strokeOpacity=0)
    )
    specification: dict[str, Any] = chart.to_dict()
    return specification


def _is_line(points: list[dict[str, Any]]) -> bool:
    return sum(point["value"] is not None for point in points) >= 2


def _points(values: "Sequence[Value]") -> list[dict[str, Any]]:
    """Plain numbers per last day of the period. Days without a figure are gaps: a line across them would invent one."""
    if not values:
        return []
    known = {each.last_day: each for each in values}
    first, last = min(known), max(known)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [{"day": day.isoformat(), **_plain(known.get(day))} for day in days]


def _plain(value: "Value | None") -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {
        "value": _float(value.value),
        "low": _float(value.ci_low),
        "high": _float(value.ci_high),
    }


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _fit_into_page(svg: str, prefix: str, spoken: str) -> str:
    """Ids that are unique in the page, the page's colours, a width that follows the page, words for a screen reader."""
    from markupsafe import escape

    svg = re.sub(r'(\bid="|url\(#|href="#)', lambda found: found.group(1) + prefix, svg)
    for stands_for, colour in _COLOURS.items():
        svg = re.sub(rf'\b(fill|stroke)="{stands_for}"', rf'style="\1:{colour}"', svg)
    # To a screen reader the whole is one picture with one description: its parts have none.
    svg = re.sub(r' (role|aria-[a-z]+)="[^"]*"', "", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[\d.]+" height="[\d.]+"', r"\1", svg, count=1)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(spoken)}" ', 1)


def spoken(headline: "Headline") -> str:
    """The chart in words, for those who do not see it."""
    unit = headline.metric.unit
    known = [each for each in headline.trend if each.value is not None]
    first, last = known[0], known[-1]
    values = [each.value for each in known if each.value is not None]
    return gettext(
        "%(figure)s from %(first_day)s to %(last_day)s, each day over its last 30 days: %(first)s at the beginning,"
        " %(last)s at the end, lowest %(lowest)s, highest %(highest)s.",
        figure=gettext(headline.metric.label),
        first_day=short_day(first.last_day),
        last_day=short_day(last.last_day),
        first=unit.value(first.value),
        last=unit.value(last.value),
        lowest=unit.value(min(values)),
        highest=unit.value(max(values)),
    )
