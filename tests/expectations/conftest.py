"""Marts for the gate's tests."""

import pytest

from tests.expectations.handmade import make_marts


@pytest.fixture
def marts(warehouse: str) -> str:
    """The DSN of a warehouse with empty marts and no build yet."""
    make_marts()
    return warehouse
