"""Human input: fetch forms, answer them, go on with the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import attrs

from ..._api.forms import fetch_form, parsed, submit
from ...errors import FormClosed
from ...options import CallOptions, Options
from ...types.forms import OnHumanInput, WorkflowForm
from .driver import AsyncCore
from .io import called


class AsyncHumanMethods(AsyncCore):
    """What `AsyncDifyWorkflow` does with forms."""

    async def form(self, token: str, **options: Unpack[CallOptions]) -> WorkflowForm:
        """Fetch a form by its token (GET /form/human_input/{form_token}); Dify 1.14 and later.

        Raises `FormClosed` when it was submitted or has expired, `NotFound` for another token.
        """
        return await self._driver().run(fetch_form(self._options(options), token))

    async def submit_form(
        self,
        form: WorkflowForm | str,
        /,
        action: str,
        inputs: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        """Answer a form, or the form of a token (POST /form/human_input/{form_token}).

        The answer is checked against the form before it is sent, and files in it are uploaded.
        `resume` then follows the run on. A pause with several forms is answered one form at a time:
        answer one, follow the run to its next pause, answer the next. Answers that are sent one
        right after the other, or by two people, can leave the run `paused` for ever (Dify 1.14 to
        1.16) or make it perform its last nodes twice (1.15).

        Raises `InvalidArgument` with all problems of the answer, `FormClosed` when it comes too
        late.
        """
        await self._driver().run(
            submit(self._options(options), form, action, {} if inputs is None else inputs)
        )

    async def _reply(self, callback: OnHumanInput, form: WorkflowForm, options: Options) -> bool:
        """Answer a form by a callback; return whether the run goes on: somebody has answered it."""
        token = form.needs_token()
        try:
            fetched = await self._driver().run(fetch_form(options, token))
            shown = attrs.evolve(form, content=fetched.content)
            reply = parsed(await called(callback, shown))
            if reply is not None:
                await self._driver().run(submit(options, form, *reply))
        except FormClosed:
            return True  # somebody else answered it, or its time ran out
        return reply is not None
