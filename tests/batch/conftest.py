from __future__ import annotations

from pathlib import Path

import pytest
from batches import Bench
from dify_workflow import DifyWorkflow


@pytest.fixture
def bench(dify: DifyWorkflow, tmp_path: Path) -> Bench:
    return Bench(dify, tmp_path)
