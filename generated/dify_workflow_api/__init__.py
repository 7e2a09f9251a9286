# Written by `make generate` from openapi/dify-workflow.yaml: do not edit.

"""A client library for accessing Dify Workflow API"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AuthenticatedClient, Client
else:
    _MODULES = {
        "AuthenticatedClient": "client",
        "Client": "client",
    }

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted(__all__)


__all__ = (
    "AuthenticatedClient",
    "Client",
)
