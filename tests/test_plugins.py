"""Packages from outside: found, used and named; a broken one breaks nothing but what it offers."""

import importlib
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from synthetic import write_run

from neurotui import plugins
from neurotui.backends import registry as backends
from neurotui.exchange import registry as formats
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.run import Run

PAGE = (Path(__file__).parent.parent / "docs" / "extending.md").read_text("utf-8")


def block(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


def install(folder, code, project=None, **also):
    """Put a package onto a path as pip does: a module, and a .dist-info with its entry points."""
    project = project or tomllib.loads(block("toml"))["project"]
    points = {group: {**points, **also.get(group, {})} for group, points in project["entry-points"].items()}
    about = folder / f"{project['name'].replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    lines = [
        line
        for group, named in points.items()
        for line in (f"[{group}]", *(f"{name} = {where}" for name, where in named.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (folder / "longwords.py").write_text(code)
    return about


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


@pytest.fixture
def run(tmp_path):
    path = write_run(tmp_path / "run.duckdb", layers=1, units=4)
    with Run(path) as opened:
        known = {"model": opened.model, "weights": opened.weights}
        neuron = opened.detail(3).neuron
        Journal(journal_of(path)).append(neuron, "accept", by="ann", text="kept | told", origin="person", **known)
    return path


def python(site, *arguments):
    command = [sys.executable, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(site), "COLUMNS": "200"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def did(site, *arguments):
    """Return what a command prints; it ends well."""
    done = python(site, "-m", "neurotui", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ends(*commands):
    """Return how commands end, all in this process: the status and what is printed of each."""
    # What was installed since this process last looked is seen.
    importlib.invalidate_caches()
    found = []
    for command in commands:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = importlib.import_module("neurotui.cli").main(list(map(str, command)))
        found.append((status, out.getvalue(), err.getvalue()))
    return found


def forget():
    """Forget what packages there are, and the command line, whose options name them; return its modules."""
    plugins._offers.cache_clear()
    of_packages = ("longwords", "neurotui.cli")
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(of_packages)}


@pytest.fixture
def importable(site, monkeypatch):
    """Let this process find what is installed in the site, and leave it as it was."""
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("COLUMNS", "200")
    before = forget()
    yield
    forget()
    sys.modules.update(before)
    for name, module in before.items():
        parent, _, own = name.rpartition(".")
        setattr(sys.modules[parent], own, module)


@pytest.mark.usefixtures("importable")
def test_a_packages_backend_and_format_serve_every_command(run, site, tmp_path):
    # Its phrases are names then, and half a minute is saved in which words of a whole language would be weighed.
    install(site, block("python").replace("load=_load", "load=_load, asks_a_model=True"))
    said = json.loads(did(site, "describe", run, "--backend", "longwords", "--namer", "none", "--json"))
    assert said["backend"] == "longwords"
    assert said["text_descriptors"] > 3
    with Run(run) as opened:
        assert opened.meta["backend"] == "longwords"
    did(site, "export", run, "-o", tmp_path / "labels.md")
    written = (tmp_path / "labels.md").read_text()
    assert written.splitlines()[2:] == ["| L0.3 | kept | told |"]

    label, helps, lists, wrong, printed, other, back = ends(
        ("label", run, "L0.1", "--backend", "longwords", "--json"),
        ("describe", "--help"),
        ("export", "--help"),
        ("describe", run, "--backend", "no"),
        ("export", run, "-o", "-", "--format", "markdown"),
        ("export", run, "-o", tmp_path / "x.md", "--format", "csv"),
        ("import", run, tmp_path / "labels.md"),
    )
    assert label[0] == 0, label[2]
    assert "longwords" in {one["by"] for one in json.loads(label[1])["labels"]}
    assert "|longwords|" in helps[1]
    assert re.search(r"\bmarkdown\.\s", lists[1])
    assert wrong[0] == 2
    assert ", ".join(map(repr, (*backends.BUILT_IN, "longwords", "gold"))) in wrong[2]
    assert printed[:2] == (0, written)
    assert "is named as markdown, but csv is to be written" in other[2]
    assert "written as markdown, and not read back" in back[2]


def test_the_app_lists_a_packages_format_without_importing_it(site):
    install(site, "raise SystemExit('imported')")
    code = "from neurotui.exchange import registry as r; from neurotui.backends import registry as b"
    done = python(site, "-c", f"{code}; print(r.names(), b.names())")
    assert done.stdout == f"{(*formats.BUILT_IN, 'markdown')} {(*backends.BUILT_IN, 'longwords')}\n"


BROKEN = {
    "gone": ("import gone", "cannot be loaded: ModuleNotFoundError: No module named 'gone'"),
    "exits": ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3"),
    "old": ("", "cannot be loaded: AttributeError: module 'longwords' has no attribute"),
    "other": ("BACKEND = MARKDOWN = 'theirs'", "Spec of that name"),
}


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize(("code", "why"), BROKEN.values(), ids=BROKEN)
def test_a_broken_package_is_named_where_it_is_asked_for_and_breaks_nothing_else(run, site, tmp_path, code, why):
    ours = {
        "neurotui.backends": {"keywords": "longwords:BACKEND"},
        "neurotui.formats": {"csv": "longwords:MARKDOWN"},
    }
    install(site, code, **ours)
    well = ends(
        ("describe", "--help"),
        ("export", run, "-o", tmp_path / "x.csv"),
        ("import", run, tmp_path / "x.csv"),
        ("label", run, "L0.1", "--dry-run", "--json"),
        ("export", run, "-o", tmp_path / "x.what"),
    )
    assert [status for status, *_ in well] == [0, 0, 0, 0, 1], well
    assert "|longwords|" in well[0][1]
    assert "nothing is sent anywhere" in well[3][1]
    assert "does not say which format" in well[4][2]
    badly = ends(
        ("describe", run, "--backend", "longwords"),
        ("describe", run, "--backend", "longwords", "--dry-run"),
        ("label", run, "L0.1", "--backend", "longwords", "--dry-run"),
        ("export", run, "-o", tmp_path / "x.md", "--format", "markdown"),
        ("export", run, "-o", tmp_path / "x.markdown"),
    )
    assert len(badly) == 5
    for status, out, said in badly:
        assert (status, out) == (1, "")
        assert "Traceback" not in said
        assert "of the package 'neurotui-longwords'" in said
        assert why in said
        assert "hint: everything else works without it; pip install --upgrade neurotui-longwords" in said
    assert not (tmp_path / "x.md").exists()


FAULTY = """
from neurotui.backends.spec import BackendSpec
from neurotui.errors import UserError
from neurotui.exchange.spec import FormatSpec

class Faulty:
    prompts_hash, warnings, failures = "", (), ()

    def __init__(self, how):
        self.name, self._how = "longwords", how

    def propose(self, texts, calibration, progress):
        answers = {"few": [("one",)], "text": ["one"] * len(texts), "none": None}
        return answers[self._how] if self._how in answers else texts.no_such_thing

    def label(self, shown, progress=None):
        raise UserError("not today", "come tomorrow") if self._how == "told" else ConnectionError("nobody there")

def _load(settings, encoder, cache, budget):
    return {}["key"] if settings.llm == "load" else Faulty(settings.llm)

def _write(rows, file):
    return 1 / 0

def _read(source, name):
    yield 1, {}
    raise SystemExit("gone")

BACKEND = BackendSpec(name="longwords", summary="", load=_load, asks_a_model=True)
MARKDOWN = FormatSpec(name="markdown", suffixes=(".md",), write=_write, read=_read)
"""


@pytest.mark.usefixtures("importable")
def test_what_goes_wrong_inside_a_package_is_told_as_its_fault(run, site, tmp_path):
    install(site, FAULTY)
    (tmp_path / "labels.md").write_text("anything")
    before = run.read_bytes()
    describe = ("describe", run, "--backend", "longwords", "--namer", "none", "--llm")
    label = ("label", run, "L0.1", "--backend", "longwords", "--llm")
    says = {
        (*describe, "load"): "KeyError: 'key'",
        (*describe, "propose"): "AttributeError: 'list' object has no attribute 'no_such_thing'",
        (*describe, "few"): "ValueError: it answers for 1 texts of ",
        (*describe, "text"): "TypeError: 'one' is not a tuple of phrases",
        (*describe, "none"): "TypeError: 'NoneType' object is not iterable",
        (*describe, "propose", "--dry-run"): "AttributeError: 'Faulty' object has no attribute 'estimate'",
        (*label, "load"): "KeyError: 'key'",
        (*label, "label"): "ConnectionError: nobody there",
        ("export", run, "-o", tmp_path / "x.md"): "ZeroDivisionError: division by zero",
        ("import", run, tmp_path / "labels.md"): "",
    }
    told = (*label, "told")
    *badly, own = ends(*says, told)
    for (status, out, said), why in zip(badly, says.values(), strict=True):
        assert (status, out) == (1, "")
        assert "Traceback" not in said
        assert "inside neurotui" not in said
        if why:
            kind = "format 'markdown'" if why.startswith("Zero") else "backend 'longwords'"
            assert f"{kind} of the package 'neurotui-longwords' failed: {why}" in said
            assert "hint: everything else works without it; pip install --upgrade neurotui-longwords" in said
    assert "not today" in own[2]
    assert "of the package" not in own[2]
    assert run.read_bytes() == before
    assert not (tmp_path / "x.md").exists()


@pytest.mark.usefixtures("importable")
def test_metadata_that_cannot_be_read_is_passed_over(run, site, tmp_path):
    about = install(site, block("python"))
    (about / "entry_points.txt").write_bytes(b"[neurotui.backends]\nlongwords\n\xff")
    well, badly = ends(("export", run, "-o", tmp_path / "x.csv"), ("describe", run, "--backend", "longwords"))
    assert well[0] == 0
    assert badly[:2] == (2, "")
    assert "is not one of" in badly[2]


@pytest.mark.usefixtures("importable")
def test_two_packages_that_offer_one_name_are_both_named(run, site):
    project = tomllib.loads(block("toml"))["project"]
    install(site, block("python"))
    install(site, block("python"), {**project, "name": "another"})
    ((status, out, said),) = ends(("describe", run, "--backend", "longwords"))
    assert (status, out) == (1, "")
    assert "Traceback" not in said
    assert "'another'" in said
    assert "'neurotui-longwords'" in said
    assert "both offer 'longwords'" in said
