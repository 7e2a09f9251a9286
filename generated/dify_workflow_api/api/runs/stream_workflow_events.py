from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import httpx

from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error import Error


def _get_kwargs(
    workflow_run_id: str,
    *,
    user: str,
    include_state_snapshot: bool | Unset = False,
    continue_on_pause: bool | Unset = False,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["user"] = user

    params["include_state_snapshot"] = include_state_snapshot

    params["continue_on_pause"] = continue_on_pause

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/workflow/{workflow_run_id}/events".format(
            workflow_run_id=quote(str(workflow_run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | Error | None:
    from ... import errors  # noqa: PLC0415
    from ...models.error import Error  # noqa: PLC0415

    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return None  # the events are in the content
    try:
        if response.status_code == 200:
            response_200 = cast(Any, None)
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

        if response.status_code == 404:
            response_404 = Error.from_dict(response.json())

            return response_404

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
) -> Response[Any | Error]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    workflow_run_id: str,
    *,
    client: AuthenticatedClient | Client,
    user: str,
    include_state_snapshot: bool | Unset = False,
    continue_on_pause: bool | Unset = False,
) -> Response[Any | Error]:
    """Follow a run that was started before

     Streams the events of a run, for instance after the first stream was cut or a form was submitted.
    Any number of readers may follow one run. Older servers answer 404 with HTML.

    - A **finished** run: one `workflow_finished` event at once, without a ping, then the end. Its
    `task_id`
      equals the run id.
    - A **running** run: the events from now on. What was sent before is not repeated, unless
      `include_state_snapshot` is set: then `workflow_started`, `node_started` and `node_finished` are
    replayed
      in a short form first. Text chunks and the progress of iterations and loops are never replayed.
    - A **paused** run: nothing but pings until its form is submitted; with the snapshot also
      `human_input_required` and `workflow_paused`, then the end.

    The stream ends after `workflow_finished` or `workflow_paused`, or after 300 s without an event.
    Dify 1.14 and later.

    Args:
        workflow_run_id (str):
        user (str):
        include_state_snapshot (bool | Unset):  Default: False.
        continue_on_pause (bool | Unset):  Default: False.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Error]
    """

    kwargs = _get_kwargs(
        workflow_run_id=workflow_run_id,
        user=user,
        include_state_snapshot=include_state_snapshot,
        continue_on_pause=continue_on_pause,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    workflow_run_id: str,
    *,
    client: AuthenticatedClient | Client,
    user: str,
    include_state_snapshot: bool | Unset = False,
    continue_on_pause: bool | Unset = False,
) -> Any | Error | None:
    """Follow a run that was started before

     Streams the events of a run, for instance after the first stream was cut or a form was submitted.
    Any number of readers may follow one run. Older servers answer 404 with HTML.

    - A **finished** run: one `workflow_finished` event at once, without a ping, then the end. Its
    `task_id`
      equals the run id.
    - A **running** run: the events from now on. What was sent before is not repeated, unless
      `include_state_snapshot` is set: then `workflow_started`, `node_started` and `node_finished` are
    replayed
      in a short form first. Text chunks and the progress of iterations and loops are never replayed.
    - A **paused** run: nothing but pings until its form is submitted; with the snapshot also
      `human_input_required` and `workflow_paused`, then the end.

    The stream ends after `workflow_finished` or `workflow_paused`, or after 300 s without an event.
    Dify 1.14 and later.

    Args:
        workflow_run_id (str):
        user (str):
        include_state_snapshot (bool | Unset):  Default: False.
        continue_on_pause (bool | Unset):  Default: False.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Error
    """

    return sync_detailed(
        workflow_run_id=workflow_run_id,
        client=client,
        user=user,
        include_state_snapshot=include_state_snapshot,
        continue_on_pause=continue_on_pause,
    ).parsed


async def asyncio_detailed(
    workflow_run_id: str,
    *,
    client: AuthenticatedClient | Client,
    user: str,
    include_state_snapshot: bool | Unset = False,
    continue_on_pause: bool | Unset = False,
) -> Response[Any | Error]:
    """Follow a run that was started before

     Streams the events of a run, for instance after the first stream was cut or a form was submitted.
    Any number of readers may follow one run. Older servers answer 404 with HTML.

    - A **finished** run: one `workflow_finished` event at once, without a ping, then the end. Its
    `task_id`
      equals the run id.
    - A **running** run: the events from now on. What was sent before is not repeated, unless
      `include_state_snapshot` is set: then `workflow_started`, `node_started` and `node_finished` are
    replayed
      in a short form first. Text chunks and the progress of iterations and loops are never replayed.
    - A **paused** run: nothing but pings until its form is submitted; with the snapshot also
      `human_input_required` and `workflow_paused`, then the end.

    The stream ends after `workflow_finished` or `workflow_paused`, or after 300 s without an event.
    Dify 1.14 and later.

    Args:
        workflow_run_id (str):
        user (str):
        include_state_snapshot (bool | Unset):  Default: False.
        continue_on_pause (bool | Unset):  Default: False.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Error]
    """

    kwargs = _get_kwargs(
        workflow_run_id=workflow_run_id,
        user=user,
        include_state_snapshot=include_state_snapshot,
        continue_on_pause=continue_on_pause,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    workflow_run_id: str,
    *,
    client: AuthenticatedClient | Client,
    user: str,
    include_state_snapshot: bool | Unset = False,
    continue_on_pause: bool | Unset = False,
) -> Any | Error | None:
    """Follow a run that was started before

     Streams the events of a run, for instance after the first stream was cut or a form was submitted.
    Any number of readers may follow one run. Older servers answer 404 with HTML.

    - A **finished** run: one `workflow_finished` event at once, without a ping, then the end. Its
    `task_id`
      equals the run id.
    - A **running** run: the events from now on. What was sent before is not repeated, unless
      `include_state_snapshot` is set: then `workflow_started`, `node_started` and `node_finished` are
    replayed
      in a short form first. Text chunks and the progress of iterations and loops are never replayed.
    - A **paused** run: nothing but pings until its form is submitted; with the snapshot also
      `human_input_required` and `workflow_paused`, then the end.

    The stream ends after `workflow_finished` or `workflow_paused`, or after 300 s without an event.
    Dify 1.14 and later.

    Args:
        workflow_run_id (str):
        user (str):
        include_state_snapshot (bool | Unset):  Default: False.
        continue_on_pause (bool | Unset):  Default: False.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Error
    """

    return (
        await asyncio_detailed(
            workflow_run_id=workflow_run_id,
            client=client,
            user=user,
            include_state_snapshot=include_state_snapshot,
            continue_on_pause=continue_on_pause,
        )
    ).parsed
