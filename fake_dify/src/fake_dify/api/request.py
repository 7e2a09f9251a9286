"""One request on its way through the server."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from attrs import define, field
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ..contract import Operation
from ..faults import Answer, Fault
from ..replies import BAD_REQUEST, ApiError, Crash, invalid_param
from ..state import App, EndUser
from ..steps.builtin import BUILTINS
from ..world import World

ANONYMOUS = "DEFAULT-USER"
UNSUPPORTED = (
    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
)


@define(eq=False)
class ApiRequest:
    """One request as it arrived, and on its way through the server.

    query: of several parameters with one name the first, as in Dify.
    headers: without Authorization; body: parsed JSON, or the fields of a form (a file as its name).
    operation: its operationId, "" for a path that the API does not have.
    status: of the reply, 0 until there is one.
    fault: what is to go wrong; gone: set when the client has left, then `when_gone` is called.
    """

    world: World = field(repr=False)
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    authorization: str = field(repr=False)
    body: Any = None
    operation: str = ""
    status: int = 0
    fault: Fault | Answer | None = None
    raw: bytes = field(default=b"", repr=False)
    form: FormData = field(factory=FormData, repr=False)
    spec: Operation = field(init=False, repr=False)
    params: dict[str, str] = field(init=False, repr=False)
    app: App = field(init=False, repr=False)
    gone: asyncio.Event = field(factory=asyncio.Event, repr=False)
    when_gone: list[Callable[[], None]] = field(factory=list, repr=False)

    async def read(self, request: Request) -> None:
        """Read the body; raise ClientDisconnect when it does not come."""
        self.raw = await request.body()
        self.form = await _read_form(request)
        try:
            self.body = json.loads(self.raw) if self.raw else None
        except ValueError:
            if self.form:
                fields = self.form.items()
                self.body = {name: getattr(value, "filename", value) for name, value in fields}

    @property
    def files(self) -> Mapping[str, UploadFile]:
        """The files of a multipart body; of several with one name the first."""
        return {n: v for n, v in reversed(self.form.multi_items()) if isinstance(v, UploadFile)}

    def authenticate(self) -> None:
        """Find the app of the request's key; `app-NAME` is the built-in workflow NAME."""
        scheme, space, key = self.authorization.partition(" ")
        if not space:
            text = "Authorization header must be provided and start with 'Bearer'"
            raise ApiError(401, "unauthorized", text)
        if scheme.lower() != "bearer":
            raise ApiError(401, "unauthorized", "Authorization scheme must be 'Bearer'")
        key, apps = key.strip(), self.world.apps
        name = key.removeprefix("app-")
        if key not in apps and name in BUILTINS and name != key:
            apps[key] = App(key, BUILTINS[name], name=name)
        if key not in apps:
            raise ApiError(401, "unauthorized", "Access token is invalid")
        self.app = apps[key]
        if not self.app.enabled:
            raise ApiError(403, "forbidden", "The app's API service has been disabled.")

    def json_object(self) -> dict[str, Any]:
        """Return the body as Flask reads it: strict JSON, UTF-8, no NaN, no lone surrogates.

        Any other JSON than an object crashes Dify.
        """
        media = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if media != "application/json":
            raise ApiError(415, "unsupported_media_type", UNSUPPORTED)
        try:
            value = json.loads(self.raw.decode(), parse_constant=_refuse)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise ApiError(400, "bad_request", BAD_REQUEST) from None
        if not isinstance(value, dict):
            raise Crash()
        return value

    def user(self, given: Any) -> EndUser:
        """Return the end user of the request; Dify turns any value but an empty one into text."""
        if not given:
            raise invalid_param("Arg user must be provided.")
        name = str(given)
        if len(name) > 255:
            raise Crash()
        return self.app.user(name)

    def workflow_app(self, *modes: str) -> None:
        """Refuse apps of another mode."""
        if self.app.mode not in ("workflow", *modes):
            text = "Please check if your app mode matches the right API route."
            raise ApiError(400, "not_workflow_app", text)

    def leave(self) -> None:
        """Note that the client is gone."""
        self.gone.set()
        for tell in self.when_gone:
            tell()


def arrived(world: World, request: Request) -> ApiRequest:
    """Return a request whose body is still to be read."""
    headers = dict(request.headers)
    authorization = headers.pop("authorization", "")
    query = dict(reversed(parse_qsl(request.url.query, keep_blank_values=True)))
    return ApiRequest(world, request.method, request.url.path, query, headers, authorization)


async def _read_form(request: Request) -> FormData:
    """Return the fields of a multipart body, none for any other and for a broken one.

    Browsers and httpx write the quotes in a file's name as %22, which Dify's web framework undoes.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return FormData()
    parser = MultiPartParser(request.headers, request.stream())
    parser.spool_max_size = sys.maxsize  # in memory: no temporary files, no threads
    try:
        form = await parser.parse()
    except MultiPartException:
        return FormData()
    for _, value in form.multi_items():
        if isinstance(value, UploadFile) and value.filename:
            value.filename = value.filename.replace("%22", '"')
    return form


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
