"""What every test is spared: the settings of whoever runs them."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings(tmp_path_factory):
    """Let every app and command read a config file of an order alone, and keep filters beside it."""
    file = tmp_path_factory.mktemp("config") / "config.toml"
    # Neurons stand where a reader of a test expects them.
    file.write_text('order = "layer"\n')
    before = os.environ.get("NEUROTUI_CONFIG")
    os.environ["NEUROTUI_CONFIG"] = str(file)
    yield
    if before is None:
        del os.environ["NEUROTUI_CONFIG"]
    else:
        os.environ["NEUROTUI_CONFIG"] = before
