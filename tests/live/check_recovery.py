"""A run whose stream is cut in the middle is found again, and was started once."""

from __future__ import annotations

import uuid

import pytest
from dify_workflow.versions import OUTLIVES_ITS_STREAM
from facade import Kind, both

from . import apps
from .relay import Relay, own_proxy
from .session import Live, succeeded


@both
def test_cut_stream(live: Live, kind: Kind) -> None:
    live.needs(OUTLIVES_ITS_STREAM)
    if own_proxy(live.base_url):
        pytest.skip("the server is reached by a proxy, which this check cannot go through")
    app, user = "SLOW" if apps.key("SLOW") else "", f"live-cut-{uuid.uuid4().hex[:12]}"
    with (
        Relay(live.base_url) as relay,
        live.connect(kind, app, user=user, **relay.options()) as dify,
    ):
        stream = dify.start(live.inputs(app))
        before = relay.connections
        relay.cut()
        items = live.read(stream)
        result = stream.result()
        if relay.connections == before:
            pytest.skip("the run was over before its stream could be cut; give DIFY_API_KEY_SLOW")
        succeeded(result)
        assert result.recovered
        names = [item.event for item in items]
        assert (names[0], names[-1]) == ("workflow_started", "workflow_finished")
        assert (names.count("workflow_started"), names.count("workflow_finished")) == (1, 1)
        assert items[-1].recovered
        entries = live.until(lambda: live.entries(dify, user))
        assert [entry.data.workflow_run.id for entry in entries] == [result.id]
        assert dify.info(result.id).status == result.status
