"""The registry of sources. Adding a source is one file beside this one, and one line here."""

from cx_etl.errors import ConfigError
from cx_etl.settings import load_settings
from cx_etl.sources import asknicely, shopify, typeform, zendesk
from cx_etl.sources.base import Source

SOURCES: dict[str, Source] = {
    source.name: source for source in (zendesk.SOURCE, shopify.SOURCE, asknicely.SOURCE, typeform.SOURCE)
}


def source(name: str) -> Source:
    """The source of that name. Raises ConfigError naming the sources there are."""
    if name not in SOURCES:
        raise ConfigError(f"there is no source {name!r}", f"known are {', '.join(SOURCES)}")
    return SOURCES[name]


def enabled_sources() -> list[Source]:
    """The sources that cx.toml enables, in its order."""
    return [source(name) for name in load_settings().sources]
