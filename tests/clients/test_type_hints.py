"""Every public annotation can be read at run time, as FastAPI and pydantic read them."""

import asyncio
import functools
import importlib
import inspect
import types
from collections.abc import Iterator
from typing import Annotated, Any, get_overloads, get_type_hints

import attrs
import fastapi
import httpx
import pydantic
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    DifyWorkflow,
    WorkflowForm,
    WorkflowLogs,
    WorkflowRunResponse,
    WorkflowStreamEvent,
)
from dify_workflow_api import models

ANY = pydantic.ConfigDict(arbitrary_types_allowed=True, from_attributes=True)


def _annotated(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What has annotations of a public name: a function, or a class with its methods."""
    if isinstance(value, type) or callable(value):
        yield name, value
    for member, found in inspect.getmembers_static(value) if isinstance(value, type) else ():
        match found:
            case property():
                found = found.fget
            case functools.cached_property():
                found = found.func
            case classmethod() | staticmethod():
                found = found.__func__
        hidden = member.startswith("_") and not member.startswith("__")
        if isinstance(found, types.FunctionType) and not hidden:
            for one in (found, *get_overloads(found)):
                yield f"{name}.{member}", one


@pytest.mark.parametrize("module", ["dify_workflow", "dify_workflow.batch"])
def test_every_annotation_of_a_public_name_is_found(module: str) -> None:
    public = importlib.import_module(module)
    found, missing = set(), []
    for public_name in public.__all__:
        for name, annotated in _annotated(public_name, getattr(public, public_name)):
            try:
                get_type_hints(annotated)
            except NameError as error:
                missing.append(f"{name}: {error}")
            found.add(name)
    assert missing == []
    assert found >= set(public.__all__)


def test_annotations_are_the_classes_themselves() -> None:
    for client in (DifyWorkflow, AsyncDifyWorkflow):
        assert get_type_hints(client.app_info)["return"] is models.AppInfo
        assert get_type_hints(client.upload_file)["return"] is models.UploadedFile
        assert get_type_hints(client.form)["return"] is WorkflowForm
    data = WorkflowStreamEvent.data.fget  # type: ignore[attr-defined]
    assert models.NodeFinishedData in get_type_hints(data)["return"].__args__
    assert models.WorkflowPausedData in get_type_hints(WorkflowRunResponse)["data"].__args__


def _model(kind: type, **more: Any) -> type[pydantic.BaseModel]:
    """A pydantic model with the fields of one of our classes."""
    hints = {n: hint for n, hint in get_type_hints(kind).items() if not n.startswith("_")}
    fields: dict[str, Any] = {name: (hint, ...) for name, hint in (hints | more).items()}
    return pydantic.create_model(kind.__name__, __config__=ANY, **fields)


@pytest.mark.parametrize("kind", [WorkflowRunResponse, WorkflowForm, WorkflowLogs])
def test_pydantic_builds_a_model_of_the_fields(kind: type) -> None:
    model = _model(kind, itself=kind)
    assert {"id", "itself"} < set(model.model_fields)
    with pytest.raises(pydantic.ValidationError, match=f"instance of {kind.__name__}"):
        model(itself="not one")


def test_fastapi_takes_our_classes(dify: DifyWorkflow) -> None:
    app, response = fastapi.FastAPI(), dify.run_workflow({})
    form = WorkflowForm(
        token="t", content="Go on?", inputs=[], actions=[], expires_at=None, defaults={}
    )

    @app.get("/form", response_model=_model(WorkflowForm))
    async def show(form: Annotated[WorkflowForm, fastapi.Depends(lambda: form)]) -> WorkflowForm:
        return form

    app.get("/plain")(lambda: response)
    app.get("/typed", response_model=WorkflowRunResponse)(lambda: response)

    async def get(path: str) -> Any:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return (await client.get(path)).json()

    assert asyncio.run(get("/form")) == attrs.asdict(form)
    assert asyncio.run(get("/plain")) == asyncio.run(get("/typed")) == response.to_dict()
