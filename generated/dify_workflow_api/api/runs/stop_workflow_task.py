from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ...models.stop_task_body import StopTaskBody
from ...types import Response

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error import Error
    from ...models.stop_result import StopResult


def _get_kwargs(
    task_id: str,
    *,
    body: StopTaskBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/workflows/tasks/{task_id}/stop".format(
            task_id=quote(str(task_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | StopResult | None:
    from ... import errors  # noqa: PLC0415
    from ...models.error import Error  # noqa: PLC0415
    from ...models.stop_result import StopResult  # noqa: PLC0415

    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return None  # the events are in the content
    try:
        if response.status_code == 200:
            response_200 = StopResult.from_dict(response.json())

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
) -> Response[Error | StopResult]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    task_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: StopTaskBody,
) -> Response[Error | StopResult]:
    """Stop a running workflow

     Asks the server to stop a run. The answer is `success` whatever the id is: unknown, finished or
    paused tasks
    included. Whether the run stopped is told by its stream, as `workflow_finished` with status
    `stopped`; until
    Dify 1.15 also with status `failed` and an error that begins with "Aborted". The run detail says so
    a moment
    later; until Dify 1.14 it may go on saying `running` for ever, so do not poll it for an end after a
    stop.
    The detail of a paused run stays `paused`; a form that is submitted later ends it `stopped`.

    Args:
        task_id (str):
        body (StopTaskBody): Who stops the run.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | StopResult]
    """

    kwargs = _get_kwargs(
        task_id=task_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    task_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: StopTaskBody,
) -> Error | StopResult | None:
    """Stop a running workflow

     Asks the server to stop a run. The answer is `success` whatever the id is: unknown, finished or
    paused tasks
    included. Whether the run stopped is told by its stream, as `workflow_finished` with status
    `stopped`; until
    Dify 1.15 also with status `failed` and an error that begins with "Aborted". The run detail says so
    a moment
    later; until Dify 1.14 it may go on saying `running` for ever, so do not poll it for an end after a
    stop.
    The detail of a paused run stays `paused`; a form that is submitted later ends it `stopped`.

    Args:
        task_id (str):
        body (StopTaskBody): Who stops the run.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | StopResult
    """

    return sync_detailed(
        task_id=task_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    task_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: StopTaskBody,
) -> Response[Error | StopResult]:
    """Stop a running workflow

     Asks the server to stop a run. The answer is `success` whatever the id is: unknown, finished or
    paused tasks
    included. Whether the run stopped is told by its stream, as `workflow_finished` with status
    `stopped`; until
    Dify 1.15 also with status `failed` and an error that begins with "Aborted". The run detail says so
    a moment
    later; until Dify 1.14 it may go on saying `running` for ever, so do not poll it for an end after a
    stop.
    The detail of a paused run stays `paused`; a form that is submitted later ends it `stopped`.

    Args:
        task_id (str):
        body (StopTaskBody): Who stops the run.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | StopResult]
    """

    kwargs = _get_kwargs(
        task_id=task_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    task_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: StopTaskBody,
) -> Error | StopResult | None:
    """Stop a running workflow

     Asks the server to stop a run. The answer is `success` whatever the id is: unknown, finished or
    paused tasks
    included. Whether the run stopped is told by its stream, as `workflow_finished` with status
    `stopped`; until
    Dify 1.15 also with status `failed` and an error that begins with "Aborted". The run detail says so
    a moment
    later; until Dify 1.14 it may go on saying `running` for ever, so do not poll it for an end after a
    stop.
    The detail of a paused run stays `paused`; a form that is submitted later ends it `stopped`.

    Args:
        task_id (str):
        body (StopTaskBody): Who stops the run.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | StopResult
    """

    return (
        await asyncio_detailed(
            task_id=task_id,
            client=client,
            body=body,
        )
    ).parsed
