"""Human input: forms are fetched and answered, and the run goes on; sync and async."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

import attrs
from dify_workflow_api.models import SubmitFormBody

from . import calls, forms
from .answers import Answer
from .commands import Failure, Flow, Send
from .errors import FormClosed, InvalidArgument
from .forms import WorkflowForm
from .options import CallOptions, Options
from .reading import read
from .retrying import ask, no_answer, persistently
from .uploads import upload_all
from .values import plain

if TYPE_CHECKING:
    from .async_drivers import AsyncDriver
    from .drivers import Driver

# What a callback gives back: the action with the inputs, the action alone, or None to leave it.
FormReply = tuple[str, Mapping[str, Any]] | str | None
OnHumanInput = Callable[[WorkflowForm], FormReply]
OnHumanInputAsync = Callable[[WorkflowForm], FormReply | Awaitable[FormReply]]

_SUBMITTED = "human_input_form_submitted"


def fetch_form(options: Options, token: str) -> Flow[WorkflowForm]:
    """Fetch a form; raises `FormClosed` when it was submitted or has expired."""
    answer = yield from ask(calls.form(token, options))
    return answer.read(lambda raw: forms.of_answer(token, read("HumanInputForm", raw)))


def submit(
    options: Options, form: WorkflowForm | str, action: str, inputs: Mapping[str, Any]
) -> Flow[None]:
    """Check an answer, upload its files, and submit it."""
    if isinstance(form, str):
        form = yield from fetch_form(options, form)
    token = form.needs_token()
    forms.check_answer(form, action, inputs)
    plain(inputs, "inputs")
    uploaded = yield from upload_all(dict(inputs), options)
    body = SubmitFormBody(inputs=plain(uploaded, "inputs"), action=action, user=options.user)
    call = calls.call("submitHumanInputForm", options, token, body=body)
    outcome: Answer | Failure = yield from persistently(Send(call))
    if isinstance(outcome, Answer) and (outcome.ok or outcome.is_dify):
        if not outcome.ok:
            raise outcome.error()
        return
    # The answer was lost: the form itself tells whether it was taken.
    try:
        yield from fetch_form(options, token)
    except FormClosed as closed:
        if closed.code == _SUBMITTED:
            return
        raise
    if isinstance(outcome, Answer):
        raise outcome.error()
    raise no_answer(outcome) from outcome.error


def parsed(reply: FormReply) -> tuple[str, Mapping[str, Any]] | None:
    """Return the action and the inputs that a callback gave."""
    if reply is None:
        return None
    if isinstance(reply, str):
        return reply, {}
    if isinstance(reply, tuple) and len(reply) == 2 and isinstance(reply[1], Mapping):
        return reply
    raise InvalidArgument(
        "on_human_input: it must return (action, inputs), an action, or None",
        field="on_human_input",
    )


class HumanMethods:
    """What `DifyWorkflow` does with forms."""

    if TYPE_CHECKING:

        def _driver(self) -> Driver: ...
        def _options(self, given: Mapping[str, Any]) -> Options: ...

    def form(self, token: str, **options: Unpack[CallOptions]) -> WorkflowForm:
        """Fetch a form by its token (GET /form/human_input/{form_token}); Dify 1.14 and later.

        Raises `FormClosed` when it was submitted or has expired, `NotFound` for another token.
        """
        return self._driver().run(fetch_form(self._options(options), token))

    def submit_form(
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
        self._driver().run(submit(self._options(options), form, action, inputs or {}))

    def _reply(self, callback: OnHumanInput, form: WorkflowForm, options: Options) -> bool:
        """Answer a form by a callback; whether the run goes on, by that answer or another's."""
        token = form.needs_token()
        try:
            fetched = self._driver().run(fetch_form(options, token))
            reply = parsed(callback(attrs.evolve(form, content=fetched.content)))
            if reply is not None:
                self._driver().run(submit(options, form, *reply))
        except FormClosed:
            return True  # somebody else answered it, or its time ran out
        return reply is not None


class AsyncHumanMethods:
    """What `AsyncDifyWorkflow` does with forms."""

    if TYPE_CHECKING:

        def _driver(self) -> AsyncDriver: ...
        def _options(self, given: Mapping[str, Any]) -> Options: ...

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
        await self._driver().run(submit(self._options(options), form, action, inputs or {}))

    async def _reply(
        self, callback: OnHumanInputAsync, form: WorkflowForm, options: Options
    ) -> bool:
        """Answer a form by a callback; whether the run goes on, by that answer or another's."""
        token = form.needs_token()
        try:
            fetched = await self._driver().run(fetch_form(options, token))
            given = callback(attrs.evolve(form, content=fetched.content))
            reply = parsed(await given if inspect.isawaitable(given) else given)
            if reply is not None:
                await self._driver().run(submit(options, form, *reply))
        except FormClosed:
            return True  # somebody else answered it, or its time ran out
        return reply is not None
