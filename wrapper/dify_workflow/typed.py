"""Typed requests and results of one's own workflow, for modules of `dify-workflow generate`."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

import attrs
import dify_workflow_api.models as models

from ._codec.jsonio import UNREADABLE, decode
from .errors import DifyError, invalid
from .types.requests import WorkflowRunRequest
from .types.responses import WorkflowRunResponse, require_success

OutputsT = TypeVar("OutputsT")

_NOTHING: Any = attrs.NOTHING


@attrs.frozen(kw_only=True)
class TypedRequest(WorkflowRunRequest, Generic[OutputsT]):
    """A run's request that knows the class of its outputs; the clients take it as any request.

    `run_workflow` returns a `TypedResponse` for it. Unless `validate` is given, the inputs are
    checked against the app's form, which is fetched once in ten minutes: an app that was changed
    would drop a renamed input without a word. A form that cannot be fetched stops nothing.
    """

    outputs: type[OutputsT]


def request(outputs: type[OutputsT], inputs: Mapping[str, Any]) -> TypedRequest[OutputsT]:
    """Return a typed request; an input that is None is left out, as the server takes it."""
    present = {name: value for name, value in inputs.items() if value is not None}
    return TypedRequest(inputs=present, outputs=outputs)


@attrs.frozen(kw_only=True, slots=False)
class TypedResponse(WorkflowRunResponse, Generic[OutputsT]):
    """A run's response whose outputs can be read as their class, `outputs_type`."""

    outputs_type: type[OutputsT] = attrs.field(repr=False, eq=False)

    @cached_property
    def typed(self) -> OutputsT:
        """The outputs. Raises as `read` does; `outputs` has them whatever they are."""
        return read(self.outputs_type, self)


def typed_response(request: Any, response: WorkflowRunResponse) -> WorkflowRunResponse:
    """Return the response to a request: a typed one to a typed one."""
    if not isinstance(request, TypedRequest):
        return response
    fields = attrs.fields(WorkflowRunResponse)
    values: Any = {field.alias: getattr(response, field.name) for field in fields}
    return TypedResponse(**values, outputs_type=request.outputs)


class OutputsMismatch(DifyError):
    """The outputs are not what their class says.

    `output` names the first that is not, by its name in the app and with the way into it
    ("person.age"); `expected` and `found` say its types. `response` is the whole answer, or the
    mapping that was read: nothing is lost.
    """

    def __init__(
        self,
        message: str,
        *,
        output: str = "",
        expected: str = "",
        found: str = "",
        response: WorkflowRunResponse | Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.output = output
        self.expected = expected
        self.found = found
        self.response = response


def read(outputs: type[OutputsT], source: WorkflowRunResponse | Mapping[str, Any], /) -> OutputsT:
    """Return a run's outputs as their class, from a response or from the outputs themselves.

    Outputs that the class does not have are left aside. Raises `WorkflowFailed` for a failed or
    stopped run, `RunNotFinished` for one that is paused or running, and `OutputsMismatch`.
    """
    values = require_success(source).outputs if isinstance(source, WorkflowRunResponse) else source
    if typing.get_origin(outputs) is dict or outputs is dict:
        return typing.cast(OutputsT, dict(values))
    if not attrs.has(outputs):
        raise invalid("outputs", "the class of a generated module")
    fitted: dict[str, Any] = {}
    problems: list[_Misfit] = []
    kinds = _hints(outputs)
    for field in attrs.fields(outputs):
        name = field.metadata.get("name", field.name)
        value = values.get(name, field.default)
        try:
            fitted[field.name] = _fit(kinds[field.name], value, name)
        except _Misfit as misfit:
            problems.append(misfit)
    if problems:
        first = problems[0]
        raise OutputsMismatch(
            "; ".join(map(str, problems)),
            output=first.output,
            expected=first.expected,
            found=first.found,
            response=source,
        )
    build: Any = outputs
    return typing.cast(OutputsT, build(**fitted))


class _Misfit(Exception):
    def __init__(self, output: str, expected: Any, value: Any) -> None:
        self.output = output
        self.expected = _name(expected)
        self.found = "nothing" if value is _NOTHING else _name(type(value))
        super().__init__(f"outputs.{output}: {self.expected} expected, {self.found} found")


def _name(kind: Any) -> str:
    if kind is None or kind is type(None):
        return "null"
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return " | ".join(map(_name, typing.get_args(kind)))
    if typing.get_origin(kind) is list:
        return f"list[{_name(typing.get_args(kind)[0])}]"
    name: str = typing.get_origin(kind).__name__ if typing.get_origin(kind) else kind.__name__
    return name


def _fit(kind: Any, value: Any, where: str) -> Any:
    """Return a value as this kind; raises `_Misfit`."""
    if value is _NOTHING:
        raise _Misfit(where, kind, value)
    if kind is Any:
        return value
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _fit_one(kind, parts, value, where)
    if typing.is_typeddict(kind) and isinstance(value, dict):
        return dict(_fields(kind, value, where))
    if origin is list and isinstance(value, list):
        return [_fit(parts[0], item, f"{where}.{index}") for index, item in enumerate(value)]
    if kind is models.OutputFile and isinstance(value, dict) and "dify_model_identity" in value:
        try:
            return decode("OutputFile", value)
        except UNREADABLE:
            raise _Misfit(where, kind, value) from None
    if kind is bool and type(value) is int and value in (0, 1):
        return bool(value)  # so to Dify 1.13
    plain = {float: int | float, None: types.NoneType}.get(kind, origin or kind)
    if typing.is_typeddict(kind) or (isinstance(value, bool) and kind is not bool):
        raise _Misfit(where, kind, value)
    if not isinstance(value, plain):
        raise _Misfit(where, kind, value)
    return value


def _fit_one(kind: Any, parts: tuple[Any, ...], value: Any, where: str) -> Any:
    """Return a value as one of several kinds; an error names the field where one can be meant."""
    if value is None and types.NoneType in parts:
        return None
    parts = tuple(part for part in parts if part is not types.NoneType)
    for part in parts:
        try:
            return _fit(part, value, where)
        except _Misfit as misfit:
            if len(parts) == 1 and misfit.output != where:
                raise
    raise _Misfit(where, kind, value)


def _fields(kind: Any, value: dict[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    hints = _hints(kind)
    for name, hint in hints.items():
        if name not in value and typing.get_origin(hint) is not typing.NotRequired:
            raise _Misfit(f"{where}.{name}", hint, _NOTHING)
    for name, item in value.items():
        hint = hints.get(name, Any)
        if typing.get_origin(hint) is typing.NotRequired:
            (hint,) = typing.get_args(hint)
        yield name, _fit(hint, item, f"{where}.{name}")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)
