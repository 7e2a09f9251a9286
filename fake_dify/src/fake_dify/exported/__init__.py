"""What an exported app (Dify's DSL, a YAML file) tells of its inputs and outputs.

It needs PyYAML and nothing else of this package, so that it can be copied into others as it is.
"""

from .kinds import Kind, ListOf, Named, Record, Union, optional
from .reader import App, Input, Node, NotAnApp, Output, app_of, inputs_of_form, read_app

__all__ = [
    "App",
    "Input",
    "Kind",
    "ListOf",
    "Named",
    "Node",
    "NotAnApp",
    "Output",
    "Record",
    "Union",
    "app_of",
    "inputs_of_form",
    "optional",
    "read_app",
]
