from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ...types import Response

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error import Error
    from ...models.human_input_form import HumanInputForm


def _get_kwargs(
    form_token: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/form/human_input/{form_token}".format(
            form_token=quote(str(form_token), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | HumanInputForm | None:
    from ... import errors  # noqa: PLC0415
    from ...models.error import Error  # noqa: PLC0415
    from ...models.human_input_form import HumanInputForm  # noqa: PLC0415

    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return None  # the events are in the content
    try:
        if response.status_code == 200:
            response_200 = HumanInputForm.from_dict(response.json())

            return response_200

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
) -> Response[Error | HumanInputForm]:
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
) -> Response[Error | HumanInputForm]:
    """Get the form of a paused run

     Returns what a person has to fill in before the run goes on. Older servers answer 404 with HTML.
    Dify 1.14 and later.

    Args:
        form_token (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | HumanInputForm]
    """

    kwargs = _get_kwargs(
        form_token=form_token,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    form_token: str,
    *,
    client: AuthenticatedClient | Client,
) -> Error | HumanInputForm | None:
    """Get the form of a paused run

     Returns what a person has to fill in before the run goes on. Older servers answer 404 with HTML.
    Dify 1.14 and later.

    Args:
        form_token (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | HumanInputForm
    """

    return sync_detailed(
        form_token=form_token,
        client=client,
    ).parsed


async def asyncio_detailed(
    form_token: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Error | HumanInputForm]:
    """Get the form of a paused run

     Returns what a person has to fill in before the run goes on. Older servers answer 404 with HTML.
    Dify 1.14 and later.

    Args:
        form_token (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | HumanInputForm]
    """

    kwargs = _get_kwargs(
        form_token=form_token,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    form_token: str,
    *,
    client: AuthenticatedClient | Client,
) -> Error | HumanInputForm | None:
    """Get the form of a paused run

     Returns what a person has to fill in before the run goes on. Older servers answer 404 with HTML.
    Dify 1.14 and later.

    Args:
        form_token (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | HumanInputForm
    """

    return (
        await asyncio_detailed(
            form_token=form_token,
            client=client,
        )
    ).parsed
