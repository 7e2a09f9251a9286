"""Human input: the step that pauses a run until somebody fills in its form."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field

from ..base import Data, Scope, Step, Stopped
from ..files import FileValue
from ..run.engine import Execution
from ..state import Form, FormInput


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

    def look(self) -> None:
        if not self.actions:
            self.refuse("actions has no button")

    def action(self, id: str) -> Data:
        style = "primary" if id == next(iter(self.actions)) else "default"
        return {"id": id, "title": self.actions[id], "button_style": style}

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        node = await execution.node_started(scope, self.id, "human-input")
        content, values = self.content, execution.values(scope)
        for name, value in values.items():
            if "." in name:
                content = content.replace(f"{{{{#{name}#}}}}", str(value))
        chosen = {item.name: item.default_from for item in self.inputs if item.default_from}
        defaults = {name: str(values.get(source, "")) for name, source in chosen.items()}
        form = Form(self, execution.run, node, content, execution.resume, defaults)
        if execution.rules.forms_are_nodes:
            form.id = node.id
        form.expiration_time = int(time.time()) + self.seconds
        node.status, node.finished_at = "paused", node.created_at
        await execution.ask(form)
        if execution.run.stop_asked:
            raise Stopped
        outputs = await self._outcome(form, execution, scope)
        inputs = {
            item.name: {"value_type": "string", "value": outputs[item.name]}
            for item in self.inputs
            if item.name in outputs
        }
        await execution.node_finished(scope, node, inputs=inputs, outputs=outputs)

    async def _outcome(self, form: Form, execution: Execution, scope: Scope) -> Data:
        rules, about = execution.rules, {"node_id": self.id, "node_title": self.id}
        if form.answer is None:
            if rules.tells_forms:
                told = {**about, "expiration_time": form.expiration_time}
                await execution.send("human_input_form_timeout", told)
            if rules.since(1, 15):
                return _chosen(execution, "", "", form.content)
            empty = {item.name: None for item in self.inputs}
            return {**empty, "__action_id": "", "__rendered_content": form.content}
        action, values = form.answer
        rendered = form.content
        for item in self.inputs:
            value = values[item.name]
            checks = item.type == "paragraph" and rules.checks_form_texts
            if checks and not isinstance(value, str):
                text = (
                    "HumanInput file list input expects a string, "
                    f"output_variable_name={item.name}, got={type(value).__name__}"
                )
                await execution.node_failed(scope, form.node, text)
            rendered = rendered.replace(f"{{{{#$output.{item.name}#}}}}", _shown(value))
        title = self.actions[action]
        if rules.tells_forms:
            filled = {"rendered_content": rendered, "action_id": action, "action_text": title}
            told = {**about, **filled, "submitted_data": values}
            await execution.send("human_input_form_filled", told)
        return {**values, **_chosen(execution, action, title, rendered)}


def _chosen(execution: Execution, action: str, title: str, rendered: str) -> Data:
    """Return the outputs beside the fields, in the order of the version."""
    content, value = {"__rendered_content": rendered}, {"__action_value": title}
    rest = value | content if execution.rules.since(1, 16) else content | value
    return {"__action_id": action, **rest}


def _shown(value: Any) -> str:
    if isinstance(value, FileValue):
        return "[file]"
    return f"[{len(value)} files]" if isinstance(value, list) else str(value)
