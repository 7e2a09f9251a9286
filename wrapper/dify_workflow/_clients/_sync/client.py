# Written from ../_async/client.py by `make generate`: change that one.
"""`DifyWorkflow`: the sync client of Dify workflow apps."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Self, Unpack, overload

import httpx

from ..._api import api_requests
from ..._api.commands import ask
from ..._api.results import from_detail, from_stop
from ..._runs.handle import resuming
from ..._runs.run import attaching, blocking
from ..._runs.start import run_blocking
from ..._transport.pools import Connections
from ...options import CallOptions, Options, RunArguments, RunOptions
from ...typed import OutputsT, TypedRequest, TypedResponse, typed_response
from ...types.requests import WorkflowRunRequest
from ...types.responses import WorkflowRunResponse, WorkflowStopResponse
from ..settings import ClientSettings
from .audio import AudioMethods
from .files import FileMethods
from .forms import HumanMethods
from .logs import LogMethods
from .methods import PlainMethods
from .stream import StartedStream, WorkflowStream, start


class DifyWorkflow(
    AudioMethods,
    FileMethods,
    HumanMethods,
    LogMethods,
    PlainMethods,
):
    """A client of the service API of Dify workflow apps; safe to use from many threads.

    Args:
        base_url: The API's root, with or without /v1; default: DIFY_BASE_URL, then Dify Cloud.
        http_client: An `httpx.Client` to use instead of one of ours; it is not closed here.
        verify: As in httpx, where `http_client` is not given; so are `proxy` and `limits`.
        proxy: The address of a proxy, http://, https:// or, with the extra `socks`, socks5://; by
            default what the environment says.
        limits: Of the connections for plain requests; each stream has one of its own.
        connections: "httpx" for those that httpx makes, instead of this library's own: slower,
            and a stream's silence has one limit (see docs/connections.md).
        default_headers: Sent with every request.
        options: The options of a run, as defaults for every call. `api_key`, the key of the app
            ("app-..."), comes from DIFY_API_KEY if not given; `user`, whom runs and files belong
            to (at most 255 characters), from DIFY_USER, then it is "dify-workflow".

    Raises:
        InvalidArgument: For a bad value, named by its `field`.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        http_client: httpx.Client | None = None,
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        limits: httpx.Limits | None = None,
        connections: Connections = "own",
        default_headers: Mapping[str, str] | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        settings = ClientSettings.of(
            options,
            base_url,
            default_headers,
            http_client,
            httpx.Client,
            verify=verify,
            proxy=proxy,
            limits=limits,
            connections=connections,
        )
        self._open(settings, http_client)

    @overload
    def run_workflow(
        self, request: TypedRequest[OutputsT], /, **options: Unpack[RunArguments]
    ) -> TypedResponse[OutputsT]: ...

    @overload
    def run_workflow(
        self,
        request: WorkflowRunRequest | Mapping[str, Any] | None = None,
        /,
        **options: Unpack[RunArguments],
    ) -> WorkflowRunResponse: ...

    def run_workflow(
        self,
        request: WorkflowRunRequest | Mapping[str, Any] | None = None,
        /,
        **options: Unpack[RunArguments],
    ) -> WorkflowRunResponse:
        """Run the workflow and wait for its result (POST /workflows/run).

        Takes a request, or a mapping of the inputs, or all of it by name:
        `run_workflow(inputs={...}, user=..., workflow_id=...)`. What the request says stands above
        the call's, and that above the client's; to name different values is refused. The typed
        request of a generated module gives a typed response.

        It streams on the wire, so that no proxy time-out loses the run; a failed run is a
        response with `status` "failed" (see `raise_for_status`). A run that pauses for
        human input is returned as `paused`, with its `forms`, unless `on_human_input` answers
        them: it is called with each form and returns `(action, inputs)`, an action alone, or None
        to leave the run paused.

        Raises:
            InvalidArgument: For a request that the server would refuse or misread.
            APIError: When the server refuses to start the run, or reports an error instead of it.
            RunOutcomeUnknown: When the run may have started and its end could not be seen.
        """
        driver = self._driver()
        run = self._plan(request, options, driver.clock, result_only=True)
        if run.blocking:
            with blocking(run) as take_response:
                response = take_response(driver.run(run_blocking(run), run.until))
        else:
            with WorkflowStream(run, driver) as stream:
                response = stream.result()
        if run.options.on_human_input:
            response = self._drive(response, run.options)
        return typed_response(request, response)

    def run_workflow_stream(
        self,
        request: WorkflowRunRequest | Mapping[str, Any] | None = None,
        /,
        **options: Unpack[RunArguments],
    ) -> WorkflowStream:
        """Run the workflow and stream its events (POST /workflows/run); sent on first use.

        Raises as `run_workflow` does: for bad arguments here, for the rest while it is read.
        """
        driver = self._driver()
        return WorkflowStream(self._plan(request, options, driver.clock), driver)

    def start(
        self,
        request: WorkflowRunRequest | Mapping[str, Any] | None = None,
        /,
        **options: Unpack[RunArguments],
    ) -> StartedStream:
        """Run the workflow and return its stream once the run's id is known.

        Dify before 1.10 ends a run whose stream is closed: keep it open there.
        """
        driver = self._driver()
        return start(self._plan(request, options, driver.clock), driver)

    def attach(self, run_id: str, /, **options: Unpack[RunOptions]) -> WorkflowStream:
        """Follow a run that was started elsewhere (GET /workflow/{workflow_run_id}/events).

        `user` must be the one that the run was started with. What happened before is replayed,
        but for text; of a run that has ended, only its end. Servers before 1.14 cannot replay:
        there the run's detail is polled.
        """
        driver = self._driver()
        run = attaching(run_id, self._options(options), self._server, driver.clock)
        return WorkflowStream(run, driver)

    def resume(
        self, run: WorkflowRunResponse | WorkflowStream | str, /, **options: Unpack[RunOptions]
    ) -> WorkflowStream:
        """Follow a paused run on, after its form was answered; Dify 1.14 and later.

        Takes the paused response (or its stream, or the run's id with the run's `user`). What was
        delivered before is not delivered again, unless only the id is given. It ends at once when
        the run still waits. `elapsed_time` of the result is that of the last segment.
        """
        return self._resumed(run, self._options(options))

    def stop_workflow_stream(
        self, task_id: str, *, user_id: str | None = None, **options: Unpack[CallOptions]
    ) -> WorkflowStopResponse:
        """Ask the server to stop a task (POST /workflows/tasks/{task_id}/stop).

        `user_id` is the run's user (to 1.8, the server ignores a stop by another one). The server
        answers "success" whatever the id; what happened is seen in the run's stream or detail.
        """
        if user_id is not None:
            options["user"] = user_id
        request = api_requests.stop(task_id, self._options(options))
        return from_stop(self._driver().run(ask(request)))

    def info(self, workflow_run_id: str, **options: Unpack[CallOptions]) -> WorkflowRunResponse:
        """Fetch the state of a run (GET /workflows/run/{workflow_run_id}).

        Raises `NotFound` when this app has no such run; a task id is none.
        """
        request = api_requests.detail(workflow_run_id, self._options(options))
        return from_detail(self._driver().run(ask(request)))

    def close(self) -> None:
        """Close the connections; any number of times."""
        self._closed = True
        if self._http is not None:
            self._http.close()
            self._http = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _resumed(
        self, run: WorkflowRunResponse | WorkflowStream | str, options: Options
    ) -> WorkflowStream:
        driver = self._driver()
        return WorkflowStream(resuming(run, options, self._server, driver.clock), driver)

    def _drive(self, response: WorkflowRunResponse, options: Options) -> WorkflowRunResponse:
        """Answer the forms of a run by the callback, one at a time, until it ends or all are left.

        A pause may have several forms. After an answer the run is followed to its next pause, which
        has the others: two answers at once can lose a run.
        """
        callback = options.on_human_input
        assert callback is not None
        answered: set[str] = set()  # forms by id: asking may send somebody a mail
        while response.status == "paused":
            for form in response.forms:
                if form.token and (key := form.id or form.token) not in answered:
                    answered.add(key)
                    if self._reply(callback, form, options):
                        break
            else:
                break
            with self._resumed(response, options) as stream:
                response = stream.result()
        return response
