from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from ...models.run_workflow_body import RunWorkflowBody
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.blocking_run_result import BlockingRunResult
    from ...models.error import Error


def _get_kwargs(
    *,
    body: RunWorkflowBody,
    x_trace_id: str | Unset = UNSET,
    x_trace_session_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_trace_id, Unset):
        headers["X-Trace-Id"] = x_trace_id

    if not isinstance(x_trace_session_id, Unset):
        headers["X-Trace-Session-Id"] = x_trace_session_id

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/workflows/run",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BlockingRunResult | Error | None:
    from ... import errors  # noqa: PLC0415
    from ...models.blocking_run_result import BlockingRunResult  # noqa: PLC0415
    from ...models.error import Error  # noqa: PLC0415

    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return None  # the events are in the content
    try:
        if response.status_code == 200:
            response_200 = BlockingRunResult.from_dict(response.json())

            return response_200

        if response.status_code == 400:
            response_400 = Error.from_dict(response.json())

            return response_400

        if response.status_code == 401:
            response_401 = Error.from_dict(response.json())

            return response_401

        if response.status_code == 403:
            response_403 = Error.from_dict(response.json())

            return response_403

        if response.status_code == 415:
            response_415 = Error.from_dict(response.json())

            return response_415

        if response.status_code == 429:
            response_429 = Error.from_dict(response.json())

            return response_429

        if response.status_code == 500:
            response_500 = Error.from_dict(response.json())

            return response_500

    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # not what the document says: a proxy's page, say
    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BlockingRunResult | Error]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: RunWorkflowBody,
    x_trace_id: str | Unset = UNSET,
    x_trace_session_id: str | Unset = UNSET,
) -> Response[BlockingRunResult | Error]:
    """Run the published workflow

     Starts a run of the app's published workflow. The request is **not idempotent**: sent twice, it runs
    twice.

    `response_mode: blocking` waits for the end and answers with JSON. `response_mode: streaming`
    answers at
    once with a stream of events and is the better choice for anything that takes longer than a proxy
    waits.
    A client that hangs up does not stop the run.

    A run that fails is still HTTP 200: look at `data.status`.

    Args:
        x_trace_id (str | Unset):
        x_trace_session_id (str | Unset):
        body (RunWorkflowBody): What to run the workflow with.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockingRunResult | Error]
    """

    kwargs = _get_kwargs(
        body=body,
        x_trace_id=x_trace_id,
        x_trace_session_id=x_trace_session_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: RunWorkflowBody,
    x_trace_id: str | Unset = UNSET,
    x_trace_session_id: str | Unset = UNSET,
) -> BlockingRunResult | Error | None:
    """Run the published workflow

     Starts a run of the app's published workflow. The request is **not idempotent**: sent twice, it runs
    twice.

    `response_mode: blocking` waits for the end and answers with JSON. `response_mode: streaming`
    answers at
    once with a stream of events and is the better choice for anything that takes longer than a proxy
    waits.
    A client that hangs up does not stop the run.

    A run that fails is still HTTP 200: look at `data.status`.

    Args:
        x_trace_id (str | Unset):
        x_trace_session_id (str | Unset):
        body (RunWorkflowBody): What to run the workflow with.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockingRunResult | Error
    """

    return sync_detailed(
        client=client,
        body=body,
        x_trace_id=x_trace_id,
        x_trace_session_id=x_trace_session_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: RunWorkflowBody,
    x_trace_id: str | Unset = UNSET,
    x_trace_session_id: str | Unset = UNSET,
) -> Response[BlockingRunResult | Error]:
    """Run the published workflow

     Starts a run of the app's published workflow. The request is **not idempotent**: sent twice, it runs
    twice.

    `response_mode: blocking` waits for the end and answers with JSON. `response_mode: streaming`
    answers at
    once with a stream of events and is the better choice for anything that takes longer than a proxy
    waits.
    A client that hangs up does not stop the run.

    A run that fails is still HTTP 200: look at `data.status`.

    Args:
        x_trace_id (str | Unset):
        x_trace_session_id (str | Unset):
        body (RunWorkflowBody): What to run the workflow with.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BlockingRunResult | Error]
    """

    kwargs = _get_kwargs(
        body=body,
        x_trace_id=x_trace_id,
        x_trace_session_id=x_trace_session_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: RunWorkflowBody,
    x_trace_id: str | Unset = UNSET,
    x_trace_session_id: str | Unset = UNSET,
) -> BlockingRunResult | Error | None:
    """Run the published workflow

     Starts a run of the app's published workflow. The request is **not idempotent**: sent twice, it runs
    twice.

    `response_mode: blocking` waits for the end and answers with JSON. `response_mode: streaming`
    answers at
    once with a stream of events and is the better choice for anything that takes longer than a proxy
    waits.
    A client that hangs up does not stop the run.

    A run that fails is still HTTP 200: look at `data.status`.

    Args:
        x_trace_id (str | Unset):
        x_trace_session_id (str | Unset):
        body (RunWorkflowBody): What to run the workflow with.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BlockingRunResult | Error
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            x_trace_id=x_trace_id,
            x_trace_session_id=x_trace_session_id,
        )
    ).parsed
