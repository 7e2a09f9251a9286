from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ...models.submit_form_body import SubmitFormBody
from ...types import Response

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error import Error


def _get_kwargs(
    form_token: str,
    *,
    body: SubmitFormBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/form/human_input/{form_token}".format(
            form_token=quote(str(form_token), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
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
            response_200 = response.json()
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

        if response.status_code == 412:
            response_412 = Error.from_dict(response.json())

            return response_412

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
) -> Response[Any | Error]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    form_token: str,
    *,
    client: AuthenticatedClient | Client,
    body: SubmitFormBody,
) -> Response[Any | Error]:
    """Submit the form of a paused run

     Answers the form; the run then goes on under the same run id. The first answer counts, whoever sends
    it.
    For a moment afterwards the run detail still says `paused`.

    Several open forms are best submitted **one at a time**: submit one, follow the run to its next
    pause, submit
    the next. On Dify 1.15 and 1.16, forms of one pause that are submitted right after each other can
    lose the
    run, which then says `paused` for ever although all its forms are submitted. Dify 1.14 and later.

    Args:
        form_token (str):
        body (SubmitFormBody): The answer to a form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Error]
    """

    kwargs = _get_kwargs(
        form_token=form_token,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    form_token: str,
    *,
    client: AuthenticatedClient | Client,
    body: SubmitFormBody,
) -> Any | Error | None:
    """Submit the form of a paused run

     Answers the form; the run then goes on under the same run id. The first answer counts, whoever sends
    it.
    For a moment afterwards the run detail still says `paused`.

    Several open forms are best submitted **one at a time**: submit one, follow the run to its next
    pause, submit
    the next. On Dify 1.15 and 1.16, forms of one pause that are submitted right after each other can
    lose the
    run, which then says `paused` for ever although all its forms are submitted. Dify 1.14 and later.

    Args:
        form_token (str):
        body (SubmitFormBody): The answer to a form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Error
    """

    return sync_detailed(
        form_token=form_token,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    form_token: str,
    *,
    client: AuthenticatedClient | Client,
    body: SubmitFormBody,
) -> Response[Any | Error]:
    """Submit the form of a paused run

     Answers the form; the run then goes on under the same run id. The first answer counts, whoever sends
    it.
    For a moment afterwards the run detail still says `paused`.

    Several open forms are best submitted **one at a time**: submit one, follow the run to its next
    pause, submit
    the next. On Dify 1.15 and 1.16, forms of one pause that are submitted right after each other can
    lose the
    run, which then says `paused` for ever although all its forms are submitted. Dify 1.14 and later.

    Args:
        form_token (str):
        body (SubmitFormBody): The answer to a form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Error]
    """

    kwargs = _get_kwargs(
        form_token=form_token,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    form_token: str,
    *,
    client: AuthenticatedClient | Client,
    body: SubmitFormBody,
) -> Any | Error | None:
    """Submit the form of a paused run

     Answers the form; the run then goes on under the same run id. The first answer counts, whoever sends
    it.
    For a moment afterwards the run detail still says `paused`.

    Several open forms are best submitted **one at a time**: submit one, follow the run to its next
    pause, submit
    the next. On Dify 1.15 and 1.16, forms of one pause that are submitted right after each other can
    lose the
    run, which then says `paused` for ever although all its forms are submitted. Dify 1.14 and later.

    Args:
        form_token (str):
        body (SubmitFormBody): The answer to a form.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Error
    """

    return (
        await asyncio_detailed(
            form_token=form_token,
            client=client,
            body=body,
        )
    ).parsed
