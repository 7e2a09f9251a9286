"""A class of the caller's own: what it overrides and sets is used, in copies too."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow
from facade import Kind, both
from fake_dify import FakeDify


class Noting:
    """Notes what is called, for a tenant; for both clients, as it hands on what they return."""

    def __init__(self, fake: FakeDify, tenant: str) -> None:
        super().__init__(base_url=fake.url, api_key=fake.api_key, user=tenant)  # type: ignore[call-arg]
        self.tenant, self.called = tenant, list[str]()

    def run_workflow(self, *request: Any, **options: Any) -> Any:
        return self._noted("run_workflow", super())(*request, **options)

    def app_info(self, **options: Any) -> Any:
        return self._noted("app_info", super())(**options)

    def _noted(self, name: str, of: Any) -> Any:
        self.called.append(f"{name} of {self.tenant}")
        return getattr(of, name)


class Mine(Noting, DifyWorkflow): ...


class AsyncMine(Noting, AsyncDifyWorkflow): ...


def value(given: Any) -> Any:
    return asyncio.run(given) if inspect.iscoroutine(given) else given


@both
@pytest.mark.parametrize(
    "copied",
    [
        lambda dify: dify,
        lambda dify: dify.with_options(max_retries=1),
        lambda dify: pickle.loads(pickle.dumps(dify)),
    ],
    ids=["itself", "with_options", "pickled"],
)
def test_what_a_subclass_overrides_and_sets_is_used(
    kind: Kind, copied: Callable[[Any], Any], fake_dify: FakeDify
) -> None:
    made: Any = (Mine if kind == "sync" else AsyncMine)(fake_dify, "blue")
    dify = copied(made)
    assert value(dify.run_workflow({})).status == "succeeded"
    assert value(dify.app_info()).name
    for one in (dify, made):
        value(one.close() if kind == "sync" else one.aclose())
    assert dify.called == ["run_workflow of blue", "app_info of blue"]
    assert [run.user for run in fake_dify.runs] == ["blue"]
