"""The inputs that once went wrong: `pytest tests/test_cases.py` counts how many of them are right.

They lie beside the checkout, in ../shared/cases, and are not part of it. What is held here for all of them is held
elsewhere for each kind, with inputs of its own. Labels and journals are run against a small run of their model's
name and weights; of texts it is what a run would be made of that counts.
"""

import json
from pathlib import Path

import pytest
from synthetic import write_run

from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.exchange.export_labels import export
from neurotui.exchange.import_labels import import_labels
from neurotui.precompute.corpus import documents, files
from neurotui.precompute.pipeline import PrecomputeSettings
from neurotui.review.session import Decision, Session
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import STATES, Neuron

CASES = Path(__file__).parents[2] / "shared" / "cases"
WEIGHTS = "c1600b369cfb98e4051698eeef7847f9c49f379d03b5cfc92ef843f1e30f9ff1"

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason=f"there are no inputs in '{CASES}': they come with the issue, not with the checkout"
)

# Of a journal: its decisions and notes, how many are of another model, and a word of the warning.
JOURNALS = {
    "agree_a.jsonl": (5, 0, ""),
    "agree_b.jsonl": (5, 0, ""),
    "agree_one.jsonl": (10, 0, ""),
    "clock_ahead.jsonl": (1, 0, ""),
    "j3.jsonl": (6, 0, ""),
    "j60.jsonl": (60, 0, ""),
    "journal_bom.jsonl": (6, 0, ""),
    "journal_bom_in_middle.jsonl": (12, 0, ""),
    "journal_crlf.jsonl": (6, 0, ""),
    "journal_git_conflict.jsonl": (4, 0, "lines 3, 5 and 7: conflict marks of git were passed over"),
    "journal_joined_no_newline.jsonl": (6, 0, ""),
    "journal_nul_tail.jsonl": (6, 0, "line 7: zeros, as a crash leaves them, were passed over"),
    "journal_zero_filled_crash.jsonl": (5, 0, "ends in a line that was never finished"),
    "merged_appended.jsonl": (6, 0, ""),
    "merged_sorted_by_time.jsonl": (6, 0, ""),
    "multiline_journal.jsonl": (4, 0, ""),
    "nfd_annotator.jsonl": (1, 0, ""),
    "notes.jsonl": (0, 0, ""),
    "other_model.jsonl": (0, 30, "30 decisions are of another model and were passed over"),
    "two_people.jsonl": (3, 0, ""),
    "unicode_labels.jsonl": (28, 0, ""),
    "width_labels.jsonl": (16, 0, ""),
    "with_notes.jsonl": (40, 0, ""),
}

# Of what is no journal: a word of the refusal, and of the hint.
NO_JOURNALS = {
    "journal_utf16_powershell.jsonl": ("is UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    "t360.jsonl": ("holds texts, not decisions", "neurotui precompute"),
    "t420.jsonl": ("holds texts, not decisions", "neurotui precompute"),
    "two.txt": ("holds texts, not decisions", "neurotui precompute"),
    "edit_src.csv": ("is an export of labels", "neurotui import"),
    "edited_notes.jsonl": ("is an export of labels", "neurotui import"),
}

# Of an export: the labels and the notes that it holds, or a word of its refusal.
EXPORTS = {
    "cp1252.csv": "there stands '0.0,0,0,accepted,café über",
    "cr_only.csv": (2, 0),
    "dateonly.csv": (2, 0),
    "dup_header.csv": "has 2 columns 'label'",
    "edit_src.csv": (20, 0),
    "edited_notes.jsonl": (20, 20),
    "edited_state.csv": (20, 0),
    "exceldate.csv": (2, 0),
    "five_cols.csv": (2, 0),
    "floats.csv": (2, 0),
    "future_clock.jsonl": (2, 0),
    "headcase.csv": (2, 0),
    "headspace.csv": (2, 0),
    "no_layer_unit.csv": (2, 0),
    "semicolon.csv": (2, 0),
    "sep_line.csv": (2, 0),
    "shortrow.csv": "line 3: 12 cells below 17 column names",
    "shuffled.csv": (2, 0),
    "statecase.csv": (2, 0),
    "tab.csv": (2, 0),
    "three_cols.csv": (2, 0),
    "trailing_blank.csv": (2, 0),
    "trailing_commas.csv": (2, 0),
    "utf16.csv": (2, 0),
    "utf8bom.csv": (2, 0),
}

# What is typed or pasted into the app, or configures it: tests/tui drives these.
IN_THE_APP = {"cyr.toml", "leading_newline.txt", "multiline_label.txt", "tab_label.txt", "unbracketed.txt"}

# Of texts: how many there are, how many different ones, and the gold labels of `label` (or of the field after it);
# or a word of the refusal.
TEXTS = {
    "balanced.tsv": (21, 21, "label", {"bread", "sea", "court", "garden"}),
    "base.jsonl": (96, 96),
    "bytes.jsonl": (80, 80),
    "bytes.parquet": (96, 96),
    "classlabel.parquet": (96, 96, "label", {"bread", "sea", "court", "garden"}),
    "codec-brotli.parquet": (96, 96),
    "codec-gzip.parquet": (96, 96),
    "codec-lz4.parquet": (96, 96),
    "codec-zstd.parquet": (96, 96),
    "columns.json": "is not text but a list",
    "cp932.txt": "not UTF-8 (byte 0x83)",
    "date.parquet": (96, 96),
    "decimal.parquet": (96, 96),
    "dots.parquet": "the fields there are: 'meta', 'meta.text'",
    "dots2.parquet": "is named with a dot: 'text.x'",
    "dup.csv": "2 columns are called 'text'",
    "dup.tsv": "2 columns are called 'text'",
    "dupkey.jsonl": "line 2: 2 fields are called 'text'",
    "few.txt": (16, 16),
    "fourtimes.txt": (384, 96),
    "gbk.csv": "not UTF-8 (byte 0xbf)",
    "goldspace.csv": (96, 96, "label", {"bread", "sea", "court", "garden"}),
    "int.jsonl": (96, 96, "label", {"0", "1", "2", "3"}),
    "latin.txt": "it reads 'Äpfel und Brötchen' in WINDOWS-1252",
    "list1.json": "jq -c '.[]'",
    "long.jsonl": (24, 24),
    "mac.txt": (96, 96),
    "messages.parquet": "the fields there are: 'messages'",
    "nanlabel.jsonl": (96, 96, "label", {"0", "1", "2", "3"}),
    "nanlabel.parquet": (96, 96, "label", {"0", "1", "2", "3"}),
    "nested.jsonl": (96, 96, "meta.topic", {"bread", "sea", "court", "garden"}),
    "nohead.csv": "the first line of a table names its columns",
    "nullcsv.csv": (96, 96, "label", {"sea", "court", "garden", "bread"}),
    "nulltag.parquet": (96, 96),
    "nulltype.parquet": "holds no text",
    "once.txt": (96, 96),
    "pandas.json": "jq -c",
    "quotes.tsv": (20, 20, "label", {"bread", "sea", "court", "garden"}),
    "semi.csv": (96, 96),
    "seps.jsonl": (96, 96),
    "space.csv": (96, 96, "label", {"bread", "sea", "court", "garden"}),
    "squad.json": "jq -c '.data[]'",
    "squad1.json": "jq -c '.data[]'",
    "struct.parquet": "the fields there are: 'doc'",
    "t.arrow": (96, 96),
    "t.feather": (96, 96),
    "t.jsonl.gz": (96, 96),
    "t.jsonl.zst": (96, 96),
    "t.xlsx": "is an Excel workbook",
    "test": (20, 20),
    "three.txt": (160, 3),
    "train": (20, 20),
    "u16.csv": (96, 96, "label", {"bread", "sea", "court", "garden"}),
    "unicode.txt": (96, 96, "label", {"bread", "sea", "court", "garden"}),
    "view.parquet": (96, 96),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("cases") / "run.duckdb"
    return write_run(path, layers=2, units=64, texts=30, model="minilm", weights=WEIGHTS)


@pytest.fixture
def told(capsys):
    """Return what prints, whatever pytest hides, how many inputs of a kind are right; it fails for any other."""

    def tell(kind, found, expected):
        wrong = {name: (found[name], expected[name]) for name in expected if found[name] != expected[name]}
        with capsys.disabled():
            print(  # noqa: T201 - what the issue asks for
                f"\n{kind}: {len(expected) - len(wrong)} of {len(expected)} inputs are right"
            )
        assert wrong == {}

    return tell


@pytest.fixture
def copied(tmp_path):
    """Return what copies an input to where it may be written to."""

    def copy(name):
        path = tmp_path / name
        path.write_bytes((CASES / "labels" / name).read_bytes())
        return path

    return copy


def command(capsys, *arguments):
    """Run a command; return its status, what it answered, and what it said besides."""
    status = main([*map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    assert "inside neurotui" not in err
    return status, json.loads(out) if out else {}, err


def test_every_input_has_its_row():
    here = {path.name for path in (CASES / "labels").iterdir()}
    assert here == JOURNALS.keys() | NO_JOURNALS.keys() | EXPORTS.keys() | IN_THE_APP
    assert {path.name for path in (CASES / "texts").iterdir()} == TEXTS.keys()


def test_journals(run, copied, capsys, told):
    found = {}
    for name, (_, _, warning) in JOURNALS.items():
        status, answer, said = command(capsys, "journal", run, "--labels", copied(name))
        assert status == 0, said
        as_expected = warning if warning in said and bool(warning) == bool(said) else said
        found[name] = (len(answer["decisions"]), answer["other_models"], as_expected)
    told("journals", found, JOURNALS)


def test_what_is_no_journal(run, copied, capsys, told):
    found = {}
    for name, (says, hint) in NO_JOURNALS.items():
        status, _, said = command(capsys, "journal", run, "--labels", copied(name))
        error, _, way_out = said.partition("hint: ")
        found[name] = (says, hint) if status == 1 and says in error and hint in way_out else said
    told("what is no journal", found, NO_JOURNALS)


def test_exports_are_taken_once(run, copied, tmp_path, capsys, told):
    found = {}
    for name, expected in EXPORTS.items():
        into = ("--labels", tmp_path / f"{name}.taken.jsonl")
        status, answer, said = command(capsys, "import", run, copied(name), *into)
        if status:
            found[name] = expected if isinstance(expected, str) and expected in said else said
            continue
        with Run(run) as opened:
            again = import_labels(opened, Journal(into[1]), tmp_path / name, form=None)
        once = (again.labels, again.notes, again.known) == (0, 0, answer["labels"] + answer["notes"])
        found[name] = (answer["labels"], answer["notes"]) if once else again
    told("exports", found, EXPORTS)


ROUND_TRIPS = (
    "j3.jsonl",
    "multiline_journal.jsonl",
    "two_people.jsonl",
    "unicode_labels.jsonl",
    "with_notes.jsonl",
)


def test_journals_come_back_from_an_export_as_they_were(run, copied, tmp_path, told):
    found = {}
    with Run(run) as opened:
        for name, form in [(name, form) for name in ROUND_TRIPS for form in ("jsonl", "csv", "parquet")]:
            mine, other = Journal(copied(name)), Journal(tmp_path / f"{name}.{form}.jsonl")
            labels = Labels(opened.weights, mine.events)
            for state in STATES:
                out = tmp_path / f"{state}.{form}"
                export(opened, labels, state, out, form=None, replace=True)
                taken = import_labels(opened, mine, out, form=None, by="eva")
                assert (taken.labels, taken.notes) == (0, 0), name
                import_labels(opened, other, out, form=None, by="eva")
            back = Labels(opened.weights, other.events).all()
            found[name, form] = [one._replace(history=0) for one in back] == [
                one._replace(history=0) for one in labels.all()
            ]
    told("round trips", found, dict.fromkeys(found, True))


def test_edited_exports_count_in_the_journal_that_they_came_from(run, copied, tmp_path, capsys, told):
    journal = tmp_path / "journal.jsonl"
    command(capsys, "import", run, copied("edit_src.csv"), "--labels", journal)
    _, states, _ = command(capsys, "import", run, copied("edited_state.csv"), "--labels", journal)
    notes_of = copied("with_notes.jsonl")
    _, notes, _ = command(capsys, "import", run, copied("edited_notes.jsonl"), "--labels", notes_of)
    found = {"edited_state.csv": states["labels"], "edited_notes.jsonl": notes["notes"]}
    told("edited exports", found, {"edited_state.csv": 20, "edited_notes.jsonl": 20})


def test_clocks_that_go_ahead_stamp_no_later_decision(run, copied, tmp_path, capsys, told):
    ahead = copied("clock_ahead.jsonl")
    taken = tmp_path / "taken.jsonl"
    command(capsys, "import", run, copied("future_clock.jsonl"), "--labels", taken)
    found = {}
    for name, path in (("clock_ahead.jsonl", ahead), ("future_clock.jsonl", taken)):
        with Run(run) as opened:
            session = Session.open(opened, labels=path, annotator="bob", read_only=False)
            session.decide([Decision(Neuron(0, 0), "reject")])
            label = session.labels.label(Neuron(0, 0))
        found[name] = (label.state, label.time < "2027")
    told("clocks", found, dict.fromkeys(found, ("rejected", True)))


def test_names_are_found_however_they_are_written(run, copied, tmp_path, capsys, told):
    asked = {"nfd_annotator.jsonl": ("by:zoé", 1), "agree_b.jsonl": ('label:"CAFÉ culture"', 1)}
    found = {}
    for name, (term, _) in asked.items():
        arguments = ["export", run, "--labels", copied(name), "--filter", term, "-o", tmp_path / f"{name}.csv"]
        _, answer, _ = command(capsys, *arguments)
        found[name] = (term, answer.get("labels"))
    told("spellings", found, asked)


def test_texts(told):
    found = {}
    for name, expected in TEXTS.items():
        path = CASES / "texts" / name
        field = expected[2:3] if isinstance(expected, tuple) else ()
        try:
            read = list(
                documents(
                    files([str(path / "*" if path.is_dir() else path)]), PrecomputeSettings(gold_fields=field)
                )
            )
        except UserError as error:
            said = f"{error} | {error.hint}"
            found[name] = expected if isinstance(expected, str) and expected in said else said
            continue
        gold = [{label for document in read for label in document.gold}] if field else []
        found[name] = (len(read), len({document.body for document in read}), *field, *gold)
    both = [str(CASES / "texts" / folder / "*") for folder in ("train", "test")]
    ids = [document.source_id for document in documents(files(both), PrecomputeSettings())]
    assert len(set(ids)) == len(ids)
    told("texts", found, TEXTS)
