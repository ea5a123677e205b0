"""Every command at its boundary: what it prints, how it ends, and what it does to what was there."""

import inspect
import io
import json
import os
import resource
import signal
import subprocess
import sys

import duckdb
import pytest
from synthetic import write_run
from tui.terminal import Terminal

from neurotui.backends.settings import BackendSettings
from neurotui.cli import main
from neurotui.cli.app_launcher import open_run
from neurotui.cli.commands.open_ import open_
from neurotui.describe.match_texts import BEST_TEXTS
from neurotui.labelling.types import LabelBackend
from neurotui.review.reviewer import Reviewer
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.types import Neuron

TEXTS = [f"the {word} sat on the {place} in the rain" for word in ("cat", "dog", "owl") for place in "abcdefgh"]


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run.duckdb", units=8, texts=40)


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS) + "\n")
    return path


def decide(run, layer, unit, action, text="", by="ann"):
    with Run(run) as opened:
        Journal(journal_of(run)).append(
            Neuron(layer, unit), action, by=by, model=opened.model, weights=opened.weights, text=text
        )


def refused(capsys, *arguments, status=1):
    """Run a command that must be refused; return what it says on standard error."""
    assert main([str(argument) for argument in arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    lines = [line for line in err.splitlines() if line.startswith(("error: ", "hint: "))]
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    return err


def answered(capsys, *arguments):
    """Run a command with --json; return the object."""
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_info_says_what_the_run_is_to_people_and_to_programs(run, capsys):
    decide(run, 0, 1, "accept", "rain")
    decide(run, 0, 2, "reject")
    record = answered(capsys, "info", run)
    assert record["neurons"] == 16
    assert record["model"] == "synthetic"
    assert (record["accepted"], record["rejected"], record["skipped"]) == (1, 1, 0)
    assert main(["info", str(run)]) == 0
    printed = capsys.readouterr().out
    for key, value in record.items():
        shown = f"{value:,}" if isinstance(value, int) else str(value)
        assert any(line.split("  ", 1)[0].strip() == key.replace("_", " ") for line in printed.splitlines()), key
        assert shown in printed


def test_export_and_evaluate_speak_of_what_was_accepted(run, tmp_path, capsys):
    with Run(run) as opened:
        overview = opened.overview()
        name = overview.names[overview.matched[3, 0]]
    decide(run, 0, 3, "accept", name)
    decide(run, 0, 4, "reject")
    for form in ("jsonl", "csv"):
        made = answered(capsys, "export", run, "-o", tmp_path / f"out.{form}")
        assert made["labels"] == 1
    record = json.loads((tmp_path / "out.jsonl").read_text())
    assert (record["neuron"], record["label"]) == ("L0.3", name)
    judged = answered(capsys, "evaluate", run)
    assert judged["neurons"] == 2
    assert [one["k"] for one in judged["at_k"]] == [1, 2]
    for figure in (judged["at_k"][0]["recall"], judged["consistency"]):
        assert figure["lower"] <= figure["value"] <= figure["upper"]
    assert main(["evaluate", str(run)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Of 1 neuron with an accepted label" in said
    assert "1 was rejected." in said


def test_evaluate_says_how_well_what_is_said_first_predicts(run, capsys):
    judged = answered(capsys, "evaluate", run)["predictive"]
    assert judged["neurons"] == 16
    assert main(["evaluate", str(run)]) == 0
    printed = capsys.readouterr().out
    assert f"{100 * judged['described']['value']:.1f} % " in printed


def test_evaluate_tests_its_own_measures(run, capsys):
    tested = answered(capsys, "evaluate", run, "--sanity")
    assert main(["evaluate", str(run), "--sanity"]) == 0
    printed = capsys.readouterr().out
    assert all(len(line.rstrip()) <= 80 for line in printed.splitlines())
    for one in tested["outcomes"]:
        assert f"{one['falls']['value']:.3f}" in printed
    assert ("which passes both" in printed) == tested["passed"]
    refused(capsys, "evaluate", run, "--sanity", "--gold")


def test_export_to_standard_output_is_records_and_nothing_else(run, capsys):
    decide(run, 0, 1, "skip")
    assert main(["export", str(run), "--state", "skipped", "-o", "-"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["neuron"] == "L0.1"
    assert err == ""


def test_import_takes_each_decision_once(run, tmp_path, capsys):
    decide(run, 0, 1, "accept", "rain")
    answered(capsys, "export", run, "-o", tmp_path / "out.csv")
    other = tmp_path / "other.jsonl"
    taken = answered(capsys, "import", run, tmp_path / "out.csv", "--labels", other)
    assert (taken["labels"], taken["known"]) == (1, 0)
    again = answered(capsys, "import", run, tmp_path / "out.csv", "--labels", other)
    assert (again["labels"], again["known"]) == (0, 1)


@pytest.mark.parametrize("command", ["info", "evaluate", "open", "describe", "export"])
@pytest.mark.parametrize(
    ("content", "says"), [(None, "no file"), (b"", "not a neurotui run"), (b"words", "not a neurotui run")]
)
def test_what_is_no_run_is_refused_by_every_command(command, content, says, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("neurotui.cli.app_launcher.at_a_terminal", lambda: True)
    path = tmp_path / "run.duckdb"
    if content is not None:
        path.write_bytes(content)
    more = ["-o", tmp_path / "out.jsonl"] if command == "export" else []
    assert says in refused(capsys, command, path, *more)
    assert path.exists() == (content is not None)
    assert content is None or path.read_bytes() == content


def test_a_run_of_a_newer_format_is_refused_with_the_way_to_read_it(run, capsys):
    with duckdb.connect(str(run)) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'format_version'")
    said = refused(capsys, "info", run)
    assert "format 99" in said
    assert "pip install --upgrade" in said


@pytest.mark.parametrize(
    ("name", "content", "more", "says"),
    [
        ("gone.jsonl", None, [], "no file"),
        ("empty.jsonl", b"", [], "is empty"),
        ("a.jsonl", b'{"body": "x"}\n', [], "no field 'text'"),
        ("a.jsonl", b'{"text": "caf\xe9"}\n', [], "not UTF-8"),
        ("a.txt", b"words\n", ["--model", "."], "holds no model"),
        ("a.txt", b"words\n", ["--model", "no such/model at all"], "not the folder of a model"),
        ("a.txt", b"words\n", ["--layers", "7"], "no layer '7'"),
        ("a.txt", b"words\n", ["--layers", "one"], "does not name layers"),
        ("a.txt", b"words\n", ["--shard", "3/2", "--shards", "shards"], "no part 3 of 2"),
        ("a.txt", b"words\n", ["--shard", "1/2"], "one folder to meet in"),
        ("a.txt", b"words\n", ["--exemplars", "0"], "exemplars is '0'"),
    ],
)
def test_bad_input_to_precompute_is_refused_and_nothing_is_lost(
    name, content, more, says, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "old.duckdb").write_bytes(b"precious")
    before = sorted(tmp_path.iterdir())
    assert says in refused(capsys, "precompute", name, "-o", "old.duckdb", "--force", *more)
    assert (tmp_path / "old.duckdb").read_bytes() == b"precious"
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_precious_is_replaced_without_being_told_to(run, texts, capsys):
    before = run.read_bytes()
    assert "is there already" in refused(capsys, "precompute", texts, "-o", run)
    decide(run, 0, 1, "accept", "rain")
    assert "is there already" in refused(
        capsys, "export", run, "-o", texts.with_name("texts.txt"), "--format", "csv"
    )
    assert run.read_bytes() == before


def test_a_file_in_a_file_and_a_file_named_as_a_folder_are_refused_before_anything_is_written(
    run, texts, tmp_path, capsys
):
    before = sorted(tmp_path.iterdir())
    for command in (("export", run, "--format", "csv"), ("precompute", texts)):
        for name, says in (
            ("new.csv/", "is the name of a folder"),
            ("new.csv/.", "is the name of a folder"),
            ("texts.txt/new.csv", "is a file, so nothing can be written into it"),
            ("texts.txt/deeper/new.csv", "is a file, so nothing can be written into it"),
        ):
            assert says in refused(capsys, *command, "-o", f"{tmp_path}/{name}")
    assert sorted(tmp_path.iterdir()) == before


def test_an_interrupted_command_that_would_begin_anew_promises_nothing(run):
    command = [sys.executable, "-m", "neurotui", "import", str(run), "-"]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        # More than a pipe holds: once it is written somebody reads, and waits for the rest.
        process.stdin.write("x" * (1 << 17))
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        told = process.communicate()[1]
    assert process.returncode == 130
    assert told == "interrupted: what is finished is kept\n"


def test_a_full_disk_is_told_in_words_and_leaves_the_run_as_it_was(run, texts):
    """A limit on the size of files stands in for a full disk: both fail in the middle of a write."""
    before = run.read_bytes()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "neurotui",
            "precompute",
            str(texts),
            "-o",
            str(run),
            "--force",
            "--layers",
            "0",
        ],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert run.read_bytes() == before


def test_a_text_of_a_hundred_thousand_characters_is_one_text_like_any_other(tmp_path, capsys):
    path = tmp_path / "long.txt"
    path.write_text("word " * 20_000 + "\n" + "\n".join(TEXTS))
    made = answered(
        capsys, "precompute", path, "-o", tmp_path / "run.duckdb", "--layers", "0", "--max-tokens", "32"
    )
    assert made["texts"] == len(TEXTS) + 1
    with Run(tmp_path / "run.duckdb") as opened:
        assert len(opened.body(0)) < 32 * 5


def test_texts_too_few_to_say_anything_of_cannot_be_described(texts, tmp_path, capsys):
    texts.write_text("one\ntwo\nthree\n")
    run = tmp_path / "run.duckdb"
    answered(capsys, "precompute", texts, "-o", run, "--layers", "0")
    before = run.read_bytes()
    assert "no topics are found: there are 1 calibration texts" in refused(capsys, "describe", run)
    assert run.read_bytes() == before


def test_open_without_a_terminal_names_what_works_without_one(run, capsys):
    assert "neurotui info" in refused(capsys, "open", run)
    assert "neurotui info" in refused(capsys, "open", run, "--read-only")


def test_a_runs_name_alone_opens_it_with_its_rows_in_the_first_picture(run):
    command = ["-m", "neurotui", "open", run]
    with Terminal(command, NEUROTUI_ANNOTATOR="eve") as app:
        app.until("1 / 16")
        assert b"reading run.duckdb" not in app.raw
        app.press("a")
        app.until("saved: L0.0 accepted")
    assert [(event.neuron, event.action, event.by) for event in Journal(journal_of(run)).events] == [
        (Neuron(0, 0), "accept", "eve")
    ]


def test_a_runs_name_alone_needs_nothing_that_reads_options(run):
    command = "import sys; from neurotui.cli import main; main(sys.argv[1:]); print('typer' in sys.modules)"
    for more, loaded in ([], "False"), (["--read-only"], "True"):
        done = subprocess.run(
            [sys.executable, "-c", command, "open", str(run), *more], capture_output=True, text=True, check=True
        )
        assert "needs a terminal" in done.stderr
        assert done.stdout.split() == [loaded]


def test_the_app_has_no_threads_for_products_and_its_helpers_have_what_they_had():
    command = """
import os, threading
from pathlib import Path
from neurotui.cli.app_launcher import _begin_opening

for given in None, "3":
    if given:
        os.environ["OPENBLAS_NUM_THREADS"] = given
    print(type(_begin_opening(Path("no.duckdb")).exception()).__name__)
    print(os.environ.get("OPENBLAS_NUM_THREADS"))
for thread in threading.enumerate()[1:]:
    thread.join()
tasks = Path("/proc/self/task")
print(len([*tasks.iterdir()]) if tasks.exists() else 1)
"""
    bare = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", command], env=bare, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["UserError", "None", "UserError", "3", "1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bogus"], "no such command 'bogus'"),
        (["info"], "missing argument"),
        (["info", "a", "--bogus"], "no such option"),
        (["export", "a", "-o", "b.csv", "--state", "burnt"], "burnt"),
        (["evaluate", "a", "--k", "0"], "--k"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_the_help(arguments, says, capsys):
    said = refused(capsys, *arguments, status=2)
    assert says in said.lower()
    assert "--help" in said


def test_hostile_names_and_labels_reach_no_terminal_raw(tmp_path, capsys):
    run = write_run(tmp_path / "\x1b[31mrun\u202e.duckdb", units=4, texts=40)
    decide(run, 0, 1, "accept", "\x1b]52;c;cm0=\x07")
    for arguments in (["info"], ["evaluate"], ["export", "-o", tmp_path / "a.gif"], ["open"]):
        main([arguments[0], str(run), *map(str, arguments[1:])])
        out, err = capsys.readouterr()
        assert not set("\x1b\x07\u202e\x9b") & set(out + err)


def test_a_reader_that_goes_away_ends_the_command_without_a_word(run):
    command = f"{sys.executable} -m neurotui export {run} --state open -o - | head -c 10"
    done = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_the_base_install_says_which_extra_is_missing(texts, tmp_path):
    block = "import sys; sys.modules['torch'] = None; from neurotui.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", block, "precompute", str(texts), "-o", str(tmp_path / "run.duckdb")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NEUROTUI_DEBUG": ""},
    )
    assert done.returncode == 1
    assert "pip install 'neurotui[models]'" in done.stderr


def test_the_texts_are_never_replaced_by_the_run(texts, capsys):
    assert "is what this command reads" in refused(capsys, "precompute", texts, "-o", texts, "--force")
    assert texts.read_text().startswith("the cat")


def test_as_many_descriptors_can_be_judged_as_a_run_keeps(run, capsys):
    answered(capsys, "evaluate", run, "--k", str(BEST_TEXTS))
    refused(capsys, "evaluate", run, "--k", str(BEST_TEXTS + 1), status=2)


def test_a_key_given_in_place_of_its_name_is_not_repeated(run, capsys):
    said = refused(capsys, "describe", run, "--backend", "openai", "--llm", "m", "--api-key-env", "sk-secret-123")
    assert "secret" not in said


def test_the_prompts_can_be_copied_and_are_never_written_over(run, tmp_path, capsys):
    folder = tmp_path / "prompts"
    answered(capsys, "describe", run, "--copy-prompts", folder)
    assert sorted(file.name for file in folder.iterdir()) == [
        "detection.txt",
        "fuzzing.txt",
        "label.txt",
        "phrases.txt",
        "repair.txt",
    ]
    (folder / "label.txt").write_text("edited $texts")
    refused(capsys, "describe", run, "--copy-prompts", folder)
    assert (folder / "label.txt").read_text() == "edited $texts"


def test_a_runs_name_alone_is_what_all_options_left_out_are():
    given = {name: one.default for name, one in inspect.signature(open_).parameters.items()}
    short = {name: one.default for name, one in inspect.signature(open_run).parameters.items()}
    assert short["asking"] == LabelBackend(given["backend"], BackendSettings())
    assert short["reviewer"] == Reviewer(given["annotator"], given["read_only"], share=given["share"])
    assert not given["blind"]
    assert given["blind_to"] is None
    for name in short.keys() - {"run", "asking", "reviewer"}:
        assert short[name] == given[name]


def test_decisions_of_another_model_are_told_by_every_command_that_reads_them(run, tmp_path, capsys):
    other = {"by": "ada", "model": "minilm", "weights": "1" * 64}
    for unit in range(3):
        Journal(journal_of(run)).append(Neuron(0, unit), "accept", text="x", **other)
    told = "3 decisions are of another model and were passed over"
    for command in (["info"], ["journal"], ["evaluate"], ["export", "-o", str(tmp_path / "x.csv")]):
        assert main([command[0], str(run), *command[1:]]) == 0
        assert told in capsys.readouterr().err
    assert main(["journal", str(run)]) == 0
    assert "Nothing has been decided about this run's model yet" in capsys.readouterr().out
    assert answered(capsys, "info", run)["other_models"] == 3


def test_info_gives_numbers_as_numbers_and_hashes_as_text(run, capsys):
    with duckdb.connect(str(run)) as connection:
        connection.execute("DELETE FROM meta WHERE key IN ('seed', 'cluster_cut')")
        connection.execute("INSERT INTO meta VALUES ('seed', '7'), ('cluster_cut', '0.35')")
    info = answered(capsys, "info", run)
    assert (info["seed"], info["cluster_cut"], info["weights"]) == (7, 0.35, "0" * 64)
    assert info["journal"] == str(journal_of(run))


def test_what_was_decided_through_a_link_is_found_by_either_name(run, tmp_path, capsys):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "latest.duckdb"
    link.symlink_to(run)
    decide(link, 0, 1, "accept", "rain")
    assert answered(capsys, "info", run)["accepted"] == answered(capsys, "info", link)["accepted"] == 1
    # A journal that lies beside a link stays the link's, and the other is told of.
    beside = link.with_name("latest.labels.jsonl")
    beside.write_bytes(b"")
    decide(link, 0, 2, "accept", "sun")
    assert beside.read_bytes()
    assert main(["info", str(link)]) == 0
    assert f"another journal of the run is '{journal_of(run)}'" in capsys.readouterr().err


def test_an_import_from_standard_input_is_its_importers_to_undo(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"layer,unit,label,annotator\n0,1,rain,bob\n")))
    taken = answered(capsys, "import", run, "-", "--annotator", "Eva")
    assert (taken["labels"], taken["without_model"]) == (1, 1)
    (event,) = Journal(journal_of(run)).events
    assert (event.by, event.importer) == ("bob", "Eva")
    config = tmp_path / "config.toml"
    config.write_text('annotator = "Ada L."')
    monkeypatch.setenv("NEUROTUI_CONFIG", str(config))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"layer,unit,label\n0,2,rain\n")))
    answered(capsys, "import", run, "-")
    assert (Journal(journal_of(run)).events[1].by, Journal(journal_of(run)).events[1].importer) == ("Ada L.",) * 2


def test_whoever_quits_is_told_where_the_labels_are_and_how_to_go_on(run, tmp_path):
    journal = tmp_path / "my labels.jsonl"
    command = ("-m", "neurotui", "open", run, "--labels", journal, "--annotator", "ada")
    with Terminal(command, (600, 30)) as terminal:
        terminal.until("top exemplars")
        terminal.press("x")
        terminal.until("saved: L0.0 rejected")
        terminal.press("q")
        assert terminal.ends() == 0
        assert f"labels: {journal}" in terminal.text
        assert f"again: neurotui open {run} --labels '{journal}'" in terminal.text
