"""The benchmarks run: whoever changes what they measure changes them too."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("matching.py", "600"), "text descriptors"),
        (("precompute.py", "--inner", "bare", "--workers", "1", "--texts", "30"), '"tokens"'),
        (("first_texts.py",), "of its second"),
        (("peers.py", "--inner", "bare", "--texts", "30"), '"tokens"'),
        (("app.py", "--help"), "--runs"),
        (("journal.py", "500"), "500 events"),
    ],
)
def test_a_benchmark_runs(command, says):
    script, *options = command
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
