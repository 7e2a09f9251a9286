"""Human input: the step that pauses a run until somebody fills in its form."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field

from ..base import Data, NodeFailed, Scope, Step
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

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        async with execution.node(scope, self.id, "human-input") as node:
            values = execution.values(scope)
            content = _put_in(self.content, {k: v for k, v in values.items() if "." in k})
            chosen = {item.name: item.default_from for item in self.inputs if item.default_from}
            defaults = {name: str(values.get(source, "")) for name, source in chosen.items()}
            form = Form(self, execution.run, node, content, execution.resume, defaults)
            form.id = node.id if execution.rules.forms_are_nodes else form.id
            form.expiration_time = int(time.time()) + self.seconds
            node.status, node.finished_at = "paused", node.created_at
            await execution.ask(form)
            node.outputs = outputs = await self._outcome(form, execution)
            names = [item.name for item in self.inputs if item.name in outputs]
            node.inputs = {n: {"value_type": "string", "value": outputs[n]} for n in names}

    async def _outcome(self, form: Form, execution: Execution) -> Data:
        rules, about = execution.rules, dict[str, Any](node_id=self.id, node_title=self.id)
        values: Data = {}
        name, id, title, rendered = "timeout", "", "", form.form_content
        if form.answer is not None:
            name, (id, values) = "filled", form.answer
            for item in self.inputs:
                checks = item.type == "paragraph" and rules.checks_form_texts
                if checks and not isinstance(value := values[item.name], str):
                    raise NodeFailed(
                        "HumanInput file list input expects a string, "
                        f"output_variable_name={item.name}, got={type(value).__name__}"
                    )
            shown = {f"$output.{item.name}": _shown(values[item.name]) for item in self.inputs}
            title, rendered = self.actions[id], _put_in(form.form_content, shown)
            about |= {"rendered_content": rendered, "action_id": id, "action_text": title}
            about["submitted_data"] = values
        await execution.tell(f"human_input_form_{name}", form, **about)
        content, chosen = {"__rendered_content": rendered}, {"__action_value": title}
        rest = chosen | content if rules.since(1, 16) else content | chosen
        if form.answer is None and not rules.since(1, 15):
            values, rest = dict.fromkeys(item.name for item in self.inputs), content
        return {**values, "__action_id": id, **rest}


def _put_in(content: str, values: Mapping[str, Any]) -> str:
    """Put values into a text where `{{#name#}}` stands."""
    for name, value in values.items():
        content = content.replace(f"{{{{#{name}#}}}}", str(value))
    return content


def _shown(value: Any) -> str:
    if isinstance(value, FileValue):
        return "[file]"
    return f"[{len(value)} files]" if isinstance(value, list) else str(value)
