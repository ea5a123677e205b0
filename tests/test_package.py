"""The wheel, installed alone and away from the checkout, is whole."""

import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from synthetic import write_run

ROOT = Path(__file__).parent.parent
# Nothing of the models extra, so that what needs it shows.
WITHOUT_MODELS = """
import sys
for name in ("torch", "transformers", "tokenizers", "safetensors", "pyarrow", "sklearn", "scipy", "huggingface_hub"):
    sys.modules[name] = None
from neurotui.cli import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Return the Python of an environment with the wheel; its dependencies are those installed here."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    zipfile.ZipFile(wheel).extractall(place)
    # A plain path: what is installed there in editable form, as neurotui may be, does not come with it.
    # An environment may lie on top of another: then what it has is in both.
    here = [folder for folder in sys.path if folder.endswith("site-packages")]
    (Path(place) / "dependencies.pth").write_text("\n".join(here) + "\n")
    return python


def run_in(folder, python, *arguments):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(python), *map(str, arguments)], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pyproject_lists_every_folder_that_is_a_package():
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    elsewhere = {setup["package-dir"][name]: name for name in setup["package-dir"] if name != "neurotui"}
    folders = {
        file.parent.relative_to(ROOT).as_posix()
        for file in [*(ROOT / "neurotui").rglob("__init__.py"), *ROOT.glob("*/__init__.py")]
    }
    assert set(elsewhere) < folders
    listed = sorted(elsewhere.get(folder, folder.replace("/", ".")) for folder in folders)
    assert setup["packages"] == listed


def test_the_wheel_holds_the_statements_the_samples_and_the_styles(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, pattern in (("queries", "*.sql"), ("sample_data", "*.jsonl")):
        for file in (ROOT / folder).glob(pattern):
            assert f"neurotui/{folder}/{file.name}" in names
    data = [file for suffix in ("txt", "tcss") for file in (ROOT / "neurotui").rglob(f"*.{suffix}")]
    assert {"prompts", "features", "tui"} <= {file.parent.name for file in data}
    assert {file.relative_to(ROOT).as_posix() for file in data} <= names
    assert {"neurotui/tui/neurotui.tcss", "neurotui/py.typed"} <= names
    modules = {file.relative_to(ROOT).as_posix() for file in (ROOT / "neurotui").rglob("*.py")}
    assert modules <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_without_the_models_it_still_opens_exports_evaluates_and_informs(installed, tmp_path):
    run = write_run(tmp_path / "run.duckdb", units=8, texts=40)
    where = run_in(tmp_path, installed, "-c", "import neurotui; print(neurotui.__file__)")
    assert str(installed.parent.parent) in where
    for arguments in (
        ["info", run],
        ["evaluate", run],
        ["export", run, "-o", tmp_path / "a.csv", "--state", "open"],
        ["import", run, tmp_path / "a.csv"],
        ["--version"],
    ):
        assert run_in(tmp_path, installed, "-c", WITHOUT_MODELS, *arguments)
    opens = "from neurotui.tui.app import NeurotuiApp; from neurotui.review.session import Session; print('opens')"
    assert run_in(tmp_path, installed, "-c", opens) == "opens\n"
