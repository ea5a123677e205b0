"""What the environment makes of a server: told by the variable's name, and a password in it never."""

import ssl

import numpy as np
import pytest
from lying_server import lying_server, refuses
from synthetic import write_run

from neurotui.backends import namer_registry
from neurotui.backends.label_evidence import Excerpt, LabelEvidence
from neurotui.backends.llm.network_environment import certificates
from neurotui.backends.llm.reply_cache import Cache
from neurotui.backends.namer_registry import choose_namer, server_asked
from neurotui.backends.openai.backend import OpenAIBackend
from neurotui.backends.settings import BackendSettings
from neurotui.describe.name_descriptors import estimate_naming
from neurotui.describe.pipeline import estimate
from neurotui.errors import UserError

REMOTE = "https://server.invalid/v1"
PASSWORD = "hunter2"  # noqa: S105 - it opens nothing
VARIABLES = (
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "OPENAI_BASE_URL",
    "SSLKEYLOGFILE",
    "OPENAI_CUSTOM_HEADERS",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
)
SHOWN = LabelEvidence((Excerpt("the battery died", ("battery",)),), ("nothing here",))


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("TEST_KEY", "sk-314159")


def backend_for(url=REMOTE, **more):
    chosen = {"llm": "m", "base_url": url, "api_key_env": "TEST_KEY", "timeout": 0.3, **more}
    return OpenAIBackend(BackendSettings(**chosen), Cache())


def refusal_of(ask):
    with pytest.raises(UserError) as refused:
        ask()
    said = f"{refused.value.message} {refused.value.hint}"
    assert PASSWORD not in said
    assert "sk-314159" not in said
    return said


def ask(server):
    """Ask a server that is at hand, and return the headers that it was sent."""
    try:
        backend_for(server.url, timeout=20).propose(["Cats"], np.ones(1, bool), lambda *_: None)
    except UserError as refused:
        return {}, f"{refused.message} {refused.hint}"
    return {name.lower(): value for name, value in server.asked[-1].headers.items()}, ""


@pytest.mark.parametrize(
    ("variable", "value", "header"),
    [
        ("OPENAI_CUSTOM_HEADERS", "X-Gateway-Token: 27182818284\nAuthorization: Bearer other", "x-gateway-token"),
        ("OPENAI_ORG_ID", "org-27182818284", "openai-organization"),
        ("OPENAI_PROJECT_ID", "proj_27182818284", "openai-project"),
    ],
)
def test_headers_in_the_environment_go_to_the_server_that_it_names_and_to_no_other(
    monkeypatch, variable, value, header
):
    monkeypatch.setenv(variable, value)
    with lying_server() as server:
        sent, _ = ask(server)
        assert "27182818284" not in str(sent)
        assert sent["authorization"] == "Bearer sk-314159"
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        sent, _ = ask(server)
        assert sent[header].endswith("27182818284")
        assert sent["authorization"] == "Bearer sk-314159"
        monkeypatch.setenv(variable, f"{value}\x07é" if header != "x-gateway-token" else "X-A: é")
        assert f"'{variable}' holds what no header can carry" in ask(server)[1]


def test_a_server_that_quotes_a_header_of_the_environment_is_quoted_without_it(monkeypatch):
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Api-Key: 2718281828459045")
    with lying_server(refuses(401, b'{"error": "no 2718281828459045"}')) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert "no [key]" in ask(server)[1]


def test_what_decrypts_a_connection_is_written_nowhere(monkeypatch, tmp_path):
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    monkeypatch.setenv("SSL_CERT_FILE", ssl.get_default_verify_paths().openssl_cafile)
    context = certificates()
    assert isinstance(context, bool) or context.keylog_filename is None
    assert "the connection failed" in refusal_of(lambda: backend_for().label(SHOWN))
    assert not log.exists()
    monkeypatch.setenv("SSLKEYLOGFILE", "/no/such/folder/keys.log")
    assert "SSLKEYLOGFILE" not in refusal_of(lambda: backend_for().label(SHOWN))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("all_proxy", f"ftp://u:{PASSWORD}@h:1"),
        ("HTTPS_PROXY", f"http://u:{PASSWORD}@h:port"),
        ("HTTPS_PROXY", f"http://u:{PASSWORD}@127.0.0.1:1"),
        ("SSL_CERT_FILE", "/no/such/file"),
    ],
)
def test_what_keeps_a_server_from_being_asked_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert name in refusal_of(lambda: backend_for().label(SHOWN))


def test_a_file_without_certificates_is_named(monkeypatch, tmp_path):
    path = tmp_path / "certificates.pem"
    path.write_text("none\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert "'SSL_CERT_FILE' names no certificates" in refusal_of(lambda: backend_for().label(SHOWN))


def test_no_proxy_and_no_certificates_stand_between_this_machine_and_itself(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    with lying_server() as server:
        assert any(backend_for(server.url, timeout=20).propose(["Cats"], np.ones(1, bool), lambda *_: None))


def test_another_server_in_the_environment_is_not_passed_over_in_silence(monkeypatch):
    usual = BackendSettings().base_url
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://u:{PASSWORD}@localhost:1/v1")
    assert "'OPENAI_BASE_URL' names another server" in refusal_of(lambda: backend_for(usual))
    namer = BackendSettings(llm="m", base_url=usual, api_key_env="TEST_KEY")
    assert "--base-url" in refusal_of(lambda: choose_namer("openai", namer))
    backend_for()  # somebody chose
    monkeypatch.setenv("OPENAI_BASE_URL", f"{usual}/")
    backend_for(usual)


def test_an_estimate_wants_no_key_and_says_whom_it_would_ask(monkeypatch):
    monkeypatch.delenv("TEST_KEY")
    backend = backend_for()
    for said in (backend.estimate(["Cats sleep"]), backend.estimate_label(SHOWN)):
        assert said.calls == 1
        assert f"'m' at '{REMOTE}'" in said.how
    assert "'TEST_KEY' is not set" in refusal_of(lambda: backend.label(SHOWN))
    assert "'TEST_KEY' is not set" in refusal_of(lambda: backend.warnings)
    settings = BackendSettings(llm="m", base_url=REMOTE)
    assert f"'m' at '{REMOTE}'" in estimate_naming(settings).how
    assert server_asked(settings, "keywords") == server_asked(None, "openai") == ""
    assert server_asked(settings, "openai") == server_asked(settings, "gold", "openai") == f"'m' at '{REMOTE}'"


def test_another_namer_that_asks_a_server_is_told_and_estimated_as_well(monkeypatch, tmp_path):
    monkeypatch.setitem(namer_registry._SPECS, "other", namer_registry.NamerSpec("other", None, remote=True))
    settings = BackendSettings(llm="m", base_url=REMOTE)
    assert server_asked(settings, "keywords", "other") == f"'m' at '{REMOTE}'"
    run = write_run(tmp_path / "run.duckdb", units=4)
    assert estimate(run, "keywords", settings, namer="other").calls > 0
    assert estimate(run, "keywords", settings, namer="none").calls == 0
