"""A human-input form: what a paused run asks, and whether an answer fits it. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import attrs
import dify_workflow_api.models as models

from .._codec.jsonio import as_text
from ..errors import invalid

T = TypeVar("T")
REQUIRED = "human_input_required"


@attrs.frozen(kw_only=True)
class WorkflowForm:
    """A form that a paused run waits for.

    Attributes:
        token: What opens it; None when the form is not delivered by WebApp, and then it cannot be
            answered over the API.
        content: Its text (Markdown).
        inputs: What can be filled in.
        actions: The buttons, of which one must be chosen.
        expires_at: In unix seconds.
        defaults: Suggested values by input name.
        id: Its id; None, as the two below, for a form that was fetched by its token.
        node_id: The id of the node that asks.
        node_title: Its title.
    """

    token: str | None
    content: str
    inputs: Sequence[models.FormInput]
    actions: Sequence[models.FormAction]
    expires_at: int | None
    defaults: Mapping[str, str]
    id: str | None = None
    node_id: str | None = None
    node_title: str | None = None

    def needs_token(self) -> str:
        """Return the token; raises `InvalidArgument` for a form without one."""
        if not self.token:
            raise invalid(
                "form",
                "it has no token, since it is not delivered by WebApp; it cannot be answered "
                "over the API",
            )
        return self.token


# What a callback gives back: the action with the inputs, the action alone, or None to leave it.
FormReply = tuple[str, Mapping[str, Any]] | str | None
# An async one is awaited by the async client alone.
OnHumanInput = Callable[[WorkflowForm], FormReply | Awaitable[FormReply]]


def from_reason(reason: models.PauseReason) -> WorkflowForm:
    """Return the form of a pause."""
    inputs = _inputs(reason.inputs)
    return WorkflowForm(
        token=as_text(reason.form_token) or None,
        content=as_text(reason.form_content),
        inputs=inputs,
        actions=_actions(reason.actions),
        expires_at=reason.expiration_time,
        defaults=_defaults(inputs, reason.resolved_default_values),
        id=reason.form_id,
        node_id=reason.node_id,
        node_title=reason.node_title,
    )


def from_response(token: str, form: models.HumanInputForm) -> WorkflowForm:
    """Return the form that was fetched by its token."""
    inputs = _inputs(form.inputs)
    return WorkflowForm(
        token=token,
        content=as_text(form.form_content),
        inputs=inputs,
        actions=_actions(form.user_actions),
        expires_at=form.expiration_time,
        defaults=_defaults(inputs, form.resolved_default_values),
    )


# What is not as the contract says is left out: the form can be answered all the same.


def _inputs(items: Any) -> list[models.FormInput]:
    fields = _of_kind(models.FormInput, items)
    return [field for field in fields if isinstance(field.output_variable_name, str)]


def _actions(items: Any) -> list[models.FormAction]:
    return _of_kind(models.FormAction, items)


def _of_kind(kind: type[T], items: Any) -> list[T]:
    return [item for item in items if isinstance(item, kind)] if isinstance(items, list) else []


def _defaults(inputs: Sequence[models.FormInput], resolved: Any) -> dict[str, str]:
    defaults = {
        field.output_variable_name: field.default.value
        for field in inputs
        if isinstance(field.default, models.FormInputDefault) and field.default.value
    }
    return defaults | (resolved if isinstance(resolved, dict) else {})
