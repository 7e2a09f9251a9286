"""The pytest plugin: the fixture `fake_dify` and its marker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .server import FakeDify


def pytest_configure(config: pytest.Config) -> None:
    text = "fake_dify(**options): options of FakeDify for the fixture `fake_dify`"
    config.addinivalue_line("markers", text)


@pytest.fixture
def fake_dify(request: pytest.FixtureRequest) -> Iterator[FakeDify]:
    """Give a running FakeDify; `@pytest.mark.fake_dify(version="1.12.1")` sets it up."""
    from .server import FakeDify

    marker = request.node.get_closest_marker("fake_dify")
    with FakeDify(**(marker.kwargs if marker else {})) as dify:
        yield dify
