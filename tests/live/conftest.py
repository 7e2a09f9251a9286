"""What most checks begin with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from facade import Kind


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each check is made on both clients."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def dify(live: Any, kind: Kind) -> Iterator[Any]:
    """Give a client of the app."""
    with live.connect(kind) as made:
        yield made
