"""Values of numpy and pandas as inputs; the library imports neither."""

from __future__ import annotations

import subprocess
import sys

import pytest
from dify_workflow import DifyWorkflow, InvalidArgument
from fake_dify import FakeDify

pytestmark = pytest.mark.slow

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

MISSING = [
    *(pd.NaT, pd.NA, float("nan"), np.nan, np.float16("nan"), np.longdouble("nan")),
    *(np.datetime64("NaT"), np.timedelta64("NaT"), np.ma.masked),
]
TAKEN = [
    (pd.Series([1]).max(), 1),
    (np.uint8(200), 200),
    (np.float32(0.5), 0.5),
    (np.longdouble(0.5), 0.5),
    (np.array(3), 3),
    (np.bool_(True), True),
    (np.str_("a"), "a"),
    (np.datetime64("2026-11-22T12:30"), "2026-11-22T12:30"),
    (pd.Timestamp("2026-11-22 12:30"), "2026-11-22T12:30:00"),
]
REFUSED = [
    *(np.array([1, 2]), pd.Series([1]), pd.DataFrame({"a": [1]}), np.timedelta64(1, "s")),
    *(np.complex64(1), np.inf, np.bytes_(b"a"), pd.Timedelta(1), np.longdouble("1e400")),
]


def test_what_is_missing_is_refused_wherever_it_is(fake: FakeDify, dify: DifyWorkflow) -> None:
    for value in MISSING:
        for inputs in ({"a": value}, {"a": [{"b": value}]}):
            with pytest.raises(InvalidArgument, match="give None, or leave it out"):
                dify.run_workflow(inputs)
    for value in REFUSED:
        with pytest.raises(InvalidArgument, match=r"inputs\.a"):
            dify.run_workflow({"a": value})
    assert fake.runs == []


def test_single_values_are_sent_as_numbers_and_text(fake: FakeDify, dify: DifyWorkflow) -> None:
    for value, sent in TAKEN:
        dify.run_workflow({"a": value})
        assert fake.runs[-1].inputs == {"a": sent}
        assert type(fake.runs[-1].inputs["a"]) is type(sent)


def test_neither_is_imported_by_the_library() -> None:
    program = (
        "import sys, dify_workflow.batch, dify_workflow.cli\n"
        "from dify_workflow._codec.jsonio import to_json\n"
        "to_json({'a': [1.5, 'b']}, 'inputs')\n"
        "assert not {'numpy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
