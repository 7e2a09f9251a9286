"""What several files of tests begin with; a file that needs another one has its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dify_workflow import DifyWorkflow
from dify_workflow.testing import FakeDify


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    with FakeDify(eof_delay=0.0) as dify:
        yield dify


@pytest.fixture
def dify(fake: FakeDify) -> Iterator[DifyWorkflow]:
    with DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as client:
        yield client
