"""A small run, and a journal that what is imported into it is taken into."""

import pytest
from synthetic import write_run

from neurotui.store.journal import Journal
from neurotui.store.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_run(tmp_path_factory.mktemp("run") / "run.duckdb", texts=30)) as opened:
        yield opened


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "taken.jsonl")
