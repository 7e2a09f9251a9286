"""One request on its way through the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ..contract import Operation
from ..faults import Answer, Fault
from ..replies import BAD_REQUEST, ApiError, crash, refuse_if
from ..state import App, EndUser, Run
from ..steps.builtin import BUILTINS
from ..versions import Rules
from ..world import World

UNSUPPORTED = (
    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
)


class ApiRequest:
    """One request as it arrived, and on its way through the server.

    query: of several parameters with one name the first, as in Dify.
    headers: without Authorization; body: parsed JSON, or the fields of a form (a file as its name).
    operation: its operationId, "" for a path that the API does not have.
    status: of the reply, 0 until there is one; run: that it began, or asked for.
    fault: what is to go wrong; gone: set when the client has left.
    """

    spec: Operation
    params: dict[str, str]
    app: App

    def __init__(self, world: World, request: Request) -> None:
        self.world: World = world
        self.rules: Rules = world.rules
        self.method: str = request.method
        self.path: str = request.url.path
        self.query: dict[str, str] = dict(
            reversed(parse_qsl(request.url.query, keep_blank_values=True))
        )
        self.headers: dict[str, str] = dict(request.headers)
        self._authorization = self.headers.pop("authorization", "")
        self.body: Any = None
        self.operation: str = ""
        self.status: int = 0
        self.raw: bytes = b""
        self.run: Run | None = None
        self.fault: Fault | Answer | None = None
        self.form: FormData = FormData()
        self.gone: asyncio.Event = asyncio.Event()

    def __repr__(self) -> str:
        about = f"operation={self.operation!r} status={self.status} body={self.body!r}"
        return f"<ApiRequest {self.method} {self.path} {about}>"

    async def read(self, request: Request) -> None:
        """Read the body; raise ClientDisconnect when it does not come."""
        self.raw = await request.body()
        try:
            self.body = json.loads(self.raw) if self.raw else None
        except ValueError:
            with suppress(HTTPException):  # a broken form has no fields
                self.form = await request.form()
                for file in self.files.values():  # browsers and httpx write quotes in names as %22
                    file.filename = (file.filename or "").replace("%22", '"')
                fields = {n: getattr(value, "filename", value) for n, value in self.form.items()}
                self.body = fields or None

    @staticmethod
    def media_type(part: UploadFile) -> str:
        """Return the type of a file as Flask has it: in small letters, without parameters."""
        return (part.content_type or "").partition(";")[0].strip().lower()

    @property
    def files(self) -> Mapping[str, UploadFile]:
        """The files of a multipart body; of several with one name the first."""
        return {n: v for n, v in reversed(self.form.multi_items()) if isinstance(v, UploadFile)}

    def authenticate(self) -> None:
        """Find the app of the request's key; `app-NAME` is the built-in workflow NAME."""
        scheme, space, key = self._authorization.partition(" ")
        text = "Authorization header must be provided and start with 'Bearer'"
        refuse_if(not space, text, "unauthorized", 401)
        text = "Authorization scheme must be 'Bearer'"
        refuse_if(scheme.lower() != "bearer", text, "unauthorized", 401)
        key, apps = key.strip(), self.world.apps
        name = key.removeprefix("app-")
        if key not in apps and name in BUILTINS and name != key:
            apps[key] = App(key, BUILTINS[name], name=name)
        refuse_if(key not in apps, "Access token is invalid", "unauthorized", 401)
        self.app = apps[key]
        text = "The app's API service has been disabled."
        refuse_if(not self.app.enabled, text, "forbidden", 403)

    def json_object(self) -> dict[str, Any]:
        """Return the body as Flask reads it: strict JSON, UTF-8, no NaN, no lone surrogates.

        Any other JSON than an object crashes Dify.
        """
        media = self.headers.get("content-type", "").split(";")[0].strip().lower()
        refuse_if(media != "application/json", UNSUPPORTED, "unsupported_media_type", 415)
        try:
            value = json.loads(self.raw.decode(), parse_constant=_refuse)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise ApiError(400, "bad_request", BAD_REQUEST) from None
        if not isinstance(value, dict):
            raise crash()
        return value

    def user(self, given: Any) -> EndUser:
        """Return the end user of the request; Dify turns any value but an empty one into text."""
        refuse_if(not given, "Arg user must be provided.")
        name = str(given)
        if len(name) > 255:
            raise crash()
        return self.app.user(name)

    def workflow_app(self, *modes: str) -> None:
        """Refuse apps of another mode."""
        text = "Please check if your app mode matches the right API route."
        refuse_if(self.app.mode not in ("workflow", *modes), text, "not_workflow_app")

    def forget(self) -> None:
        """Let go of what was sent; not by `form.close`, which waits for a thread."""
        self.raw = b""
        for _, value in self.form.multi_items():
            if isinstance(value, UploadFile):
                value.file.close()

    def leave(self) -> None:
        """Note that the client is gone."""
        self.gone.set()
        for reader in self.run.readers if self.run else ():
            reader.news.set()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
