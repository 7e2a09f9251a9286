"""Human input: the step that pauses a run, its form, and the rules of filling it in."""

from __future__ import annotations

import asyncio
import secrets
import string
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, field

from .errors import ApiError
from .files import FileValue
from .state import NodeRecord, Run
from .steps import NodeFailed, Step, Stopped

if TYPE_CHECKING:
    from .engine import Execution
    from .place import Place

ALPHABET = string.ascii_letters + string.digits


def _form_id() -> str:
    """Return a uuid of version 7, as Dify does."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    number = (number & ~(0xF << 76)) | (7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=number))


def _token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(22))


@define
class FormInput:
    """One field of a form.

    Attributes:
        name: The name of the input.
        type: paragraph, select, file or file-list.
        default: Of a paragraph, a text.
        default_from: A variable in its place, e.g. "pre.text".
        options: Of a select.
        number_limits: How many files a file-list takes.
    """

    name: str
    type: str = "paragraph"
    default: str | None = None
    default_from: str | None = None
    options: Sequence[str] = ()
    number_limits: int = 2

    def declaration(self) -> dict[str, Any]:
        constant = {"type": "constant", "selector": list[str]()}
        if self.type == "paragraph":
            default = None if self.default is None else {**constant, "value": self.default}
            if self.default_from is not None:
                selector = self.default_from.split(".", 1)
                default = {"type": "variable", "selector": selector, "value": ""}
            return {"output_variable_name": self.name, "type": self.type, "default": default}
        if self.type == "select":
            source = {**constant, "value": list(self.options)}
            return {"output_variable_name": self.name, "type": self.type, "option_source": source}
        limits = {"number_limits": self.number_limits} if self.type == "file-list" else {}
        return {
            "output_variable_name": self.name,
            "allowed_file_types": ["document", "image"],
            "allowed_file_extensions": [],
            "allowed_file_upload_methods": ["local_file", "remote_url"],
            "type": self.type,
            **limits,
        }


@define(eq=False)
class Form:
    """A form that waits for a person, or did.

    content: rendered; defaults: of the fields whose default is a variable.
    answer: action and inputs, once submitted; expired: nobody answered in time.
    """

    step: HumanInput
    run: Run
    node: NodeRecord
    content: str
    defaults: dict[str, str] = Factory(dict)
    id: str = Factory(_form_id)
    token: str = Factory(_token)
    expiration_time: int = 0
    answer: tuple[str, dict[str, Any]] | None = None
    expired: bool = False
    answered: asyncio.Event = Factory(asyncio.Event)

    def _asked(self, content: str) -> dict[str, Any]:
        return {
            "form_content": content,
            "inputs": [item.declaration() for item in self.step.inputs],
            "actions": [self.step.action(id) for id in self.step.actions],
        }

    def _about(self) -> dict[str, Any]:
        return {"node_id": self.step.id, "node_title": self.step.id}

    def reason(self, *, template: bool = False) -> dict[str, Any]:
        """Return the form as an item of `reasons`; template: with its text as it was written."""
        return {
            "TYPE": "human_input_required",
            "form_id": self.id,
            **self._asked(self.step.content if template else self.content),
            **self._about(),
            "resolved_default_values": self.defaults,
            "form_token": self.token,
            "approval_channels": ["console"],
            "expiration_time": self.expiration_time,
        }

    def required(self, *, template: bool = False) -> dict[str, Any]:
        """Return the data of `human_input_required`."""
        return {
            "form_id": self.id,
            **self._about(),
            **self._asked(self.step.content if template else self.content),
            "display_in_ui": True,
            "form_token": self.token,
            "approval_channels": ["console"],
            "resolved_default_values": self.defaults,
            "expiration_time": self.expiration_time,
        }

    def read(self) -> dict[str, Any]:
        """Return the answer of GET /form/human_input/{form_token}."""
        return {
            "form_content": self.content,
            "inputs": [item.declaration() for item in self.step.inputs],
            "resolved_default_values": self.defaults,
            "user_actions": [self.step.action(id) for id in self.step.actions],
            "expiration_time": self.expiration_time,
        }

    @property
    def waits(self) -> bool:
        return self.answer is None and not self.expired

    def check_open(self) -> None:
        if self.answer is not None:
            text = f"This form has already been submitted by another user, form_id={self.id}"
            raise ApiError(412, "human_input_form_submitted", text)
        if self.expired:
            text = f"This form has expired, form_id={self.id}"
            raise ApiError(412, "human_input_form_expired", text)


@define
class HumanInput(Step):
    """Pause the run until somebody fills in a form.

    Attributes:
        id: The node's id.
        content: Markdown; `{{#start.name#}}` is a variable, `{{#$output.comment#}}` a field.
        inputs: The fields of the form.
        actions: Ids of the buttons with their titles.
        seconds: How long the form can be filled in.
    """

    id: str = "ask"
    content: str = "Please review: {{#$output.comment#}}"
    inputs: Sequence[FormInput] = (FormInput("comment", default="looks good"),)
    actions: Mapping[str, str] = field(factory=lambda: {"approve": "Approve", "reject": "Reject"})
    seconds: int = 36 * 3600

    def action(self, id: str) -> dict[str, Any]:
        style = "primary" if id == next(iter(self.actions)) else "default"
        return {"id": id, "title": self.actions[id], "button_style": style}

    async def perform(self, execution: Execution, place: Place, /) -> None:
        node = await execution.node_started(place, self.id, "human-input")
        content, values = self.content, execution.values(place)
        for name, value in values.items():
            if "." in name:
                content = content.replace(f"{{{{#{name}#}}}}", str(value))
        chosen = {item.name: item.default_from for item in self.inputs if item.default_from}
        defaults = {name: str(values.get(source, "")) for name, source in chosen.items()}
        form = Form(self, execution.run, node, content, defaults)
        if execution.rules.forms_are_nodes:
            form.id = node.id
        form.expiration_time = int(time.time()) + self.seconds
        execution.world.open_form(form, execution)
        node.status, node.finished_at = "paused", node.created_at
        await execution.voice.send("human_input_required", form.required())
        await execution.legs.wait(form, execution)
        if execution.run.stop_asked:
            raise Stopped
        outputs = await self._outcome(form, execution, place)
        inputs = {
            item.name: {"value_type": "string", "value": outputs[item.name]}
            for item in self.inputs
            if item.name in outputs
        }
        await execution.node_finished(place, node, inputs=inputs, outputs=outputs)

    async def _outcome(self, form: Form, execution: Execution, place: Place) -> dict[str, Any]:
        if form.answer is None:
            about = {"node_id": self.id, "node_title": self.id}
            told = {**about, "expiration_time": form.expiration_time}
            if execution.rules.tells_forms:
                await execution.voice.send("human_input_form_timeout", told)
            if execution.rules.since(1, 15):
                return _chosen(execution, "", "", form.content)
            empty = {item.name: None for item in self.inputs}
            return {**empty, "__action_id": "", "__rendered_content": form.content}
        action, values = form.answer
        rendered = form.content
        for item in self.inputs:
            value = values[item.name]
            checks = item.type == "paragraph" and execution.rules.checks_form_texts
            if checks and not isinstance(value, str):
                text = (
                    "HumanInput file list input expects a string, "
                    f"output_variable_name={item.name}, got={type(value).__name__}"
                )
                await execution.node_finished(place, form.node, status="failed", error=text)
                raise NodeFailed(text)
            rendered = rendered.replace(f"{{{{#$output.{item.name}#}}}}", _shown(value))
        filled = {
            "node_id": self.id,
            "node_title": self.id,
            "rendered_content": rendered,
            "action_id": action,
            "action_text": self.actions[action],
            "submitted_data": values,
        }
        if execution.rules.tells_forms:
            await execution.voice.send("human_input_form_filled", filled)
        return {**values, **_chosen(execution, action, self.actions[action], rendered)}


def _chosen(execution: Execution, action: str, title: str, rendered: str) -> dict[str, Any]:
    """Return the outputs beside the fields, in the order of the version."""
    content, value = {"__rendered_content": rendered}, {"__action_value": title}
    rest = value | content if execution.rules.since(1, 16) else content | value
    return {"__action_id": action, **rest}


def _shown(value: Any) -> str:
    if isinstance(value, FileValue):
        return "[file]"
    return f"[{len(value)} files]" if isinstance(value, list) else str(value)
