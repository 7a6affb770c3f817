"""The page as PDF: what stands on it, on paper."""

import re

_PAPER = """
@page { size: A4; margin: 16mm 14mm 18mm; @bottom-right { content: counter(page) " / " counter(pages);
  font: 8pt sans-serif; color: #56616f; } }
section { break-inside: auto; } h2, h3 { break-after: avoid; } a { color: inherit; text-decoration: none; }
h2 { margin-top: 1.4rem; } nav, footer a { display: none; }
"""


def pdf_of(page: str) -> bytes:
    """The page's PDF. Nothing is fetched, and no figure is read again: the paper says what the page says."""
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher

    nothing_else = URLFetcher(allowed_protocols={"data"})
    return HTML(string=_with_plain_charts(page), url_fetcher=nothing_else).write_pdf(stylesheets=[CSS(string=_PAPER)])


def _with_plain_charts(page: str) -> str:
    """The page with its charts' colours written out: inside a picture no variable of the style sheet is known."""
    colours = dict(reversed(re.findall(r"--(\w+):\s*(#\w+)", page.partition("@media")[0])))
    return re.sub(
        r"<svg.*?</svg>",
        lambda chart: re.sub(r"var\(--(\w+)\)", lambda name: colours.get(name[1], name[0]), chart[0]),
        page,
        flags=re.DOTALL,
    )
