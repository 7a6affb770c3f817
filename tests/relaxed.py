"""A contract relaxed by one field, as an engineer would after looking at the quarantine."""

from dataclasses import replace
from datetime import datetime

import msgspec
import pytest

from cx_etl import sources
from cx_etl.sources import typeform
from cx_etl.sources.base import Table


class UntitledForm(msgspec.Struct):
    """A form whose title may be missing."""

    id: str
    last_updated_at: datetime
    title: str | None = None
    created_at: datetime | None = None


def allow_untitled_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    forms, responses = typeform.SOURCE.streams
    relaxed = replace(forms, tables=(Table("typeform__forms", UntitledForm, "id"),))
    monkeypatch.setitem(sources.SOURCES, "typeform", replace(typeform.SOURCE, streams=(relaxed, responses)))
