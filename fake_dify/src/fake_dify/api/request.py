"""One request on its way through the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from attrs import Factory, define, field
from starlette.datastructures import FormData

from ..contract import Operation
from ..errors import ApiError, Crash, bad_request, invalid_param
from ..state import App, EndUser
from ..steps.builtin import BUILTINS
from ..world import World

ANONYMOUS = "DEFAULT-USER"
UNSUPPORTED = (
    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
)


@define(eq=False)
class ApiRequest:
    """One request. params: from the path; query: the first value of each parameter.

    gone: set when the client has left, after which `when_gone` is called.
    """

    world: World
    operation: Operation
    params: dict[str, str]
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    form: FormData | None = None
    app: App = field(init=False)
    gone: asyncio.Event = Factory(asyncio.Event)
    when_gone: list[Callable[[], None]] = Factory(list)

    def authenticate(self) -> None:
        """Find the app of the request's key; `app-NAME` is the built-in workflow NAME."""
        scheme, space, key = self.headers.get("authorization", "").partition(" ")
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
            value = json.loads(self.body.decode(), parse_constant=_refuse)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise bad_request() from None
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


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
