"""Journals as editors, packers, converters and merges leave them: read whole, or called what they are."""

import gzip
import json
import random
import subprocess
from shutil import which

import pytest

from neurotui.errors import UserError
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.types import Event, Neuron

TEXTS = ["rain", "music", "law"]


@pytest.fixture
def lines(tmp_path):
    """Return the three lines of a journal, and write nothing else."""
    journal = Journal(tmp_path / "first.jsonl")
    for unit, text in enumerate(TEXTS):
        journal.append(Neuron(0, unit), "accept", by="ada", model="m", weights="w", text=text)
    return journal.path.read_bytes().splitlines()


def put(tmp_path, content):
    path = tmp_path / "odd.jsonl"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "form",
    [
        lambda lines: b"".join(line + b",\n" for line in lines),
        lambda lines: b"[\n" + b",\n".join(lines) + b"\n]\n",
        lambda lines: b"[" + b", ".join(lines) + b"]",
        lambda lines: b"\n".join(b" " + line + b" ,\r" for line in lines),
    ],
    ids=["commas", "list over lines", "list", "blanks and commas"],
)
def test_decisions_that_became_a_json_list_are_all_read_and_go_on(tmp_path, lines, form):
    path = put(tmp_path, form(lines))
    journal = Journal(path)
    assert [event.text for event in journal.events] == TEXTS
    assert journal.notes == []
    journal.append(Neuron(1, 0), "skip", by="ada", model="m", weights="w")
    assert [event.text for event in Journal(path).events] == [*TEXTS, ""]


def test_a_whole_decision_is_never_passed_over_as_unfinished(tmp_path, lines):
    path = put(tmp_path, lines[0] + b" # mine\n" + lines[1] + b"\n")
    with pytest.raises(UserError, match="line 1: not a decision"):
        Journal(path)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"# my journal", "it is not JSON"),
        ('{"id": "caf\u00e9"}'.encode("latin-1"), "it is not UTF-8"),
        (b'{"id": ' + b"9" * 5000 + b"}", "it is not JSON"),
    ],
)
def test_one_bad_first_line_makes_no_other_file_of_a_journal(tmp_path, lines, bad, why):
    path = put(tmp_path, b"\n".join([bad, *lines]) + b"\n")
    with pytest.raises(UserError) as refused:
        Journal(path)
    assert str(refused.value) == f"'{path}', line 1: not a decision: {why}"
    assert refused.value.hint == "mend or remove that line; nothing has been changed"


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+05:00", "", "soon", "2026-11-31"]
)
def test_a_time_that_is_none_is_told_in_our_words(tmp_path, lines, time):
    path = put(tmp_path, json.dumps({**json.loads(lines[0]), "time": time}).encode() + b"\n")
    with pytest.raises(UserError, match=f"'time' is not a time: '{time}'".replace("+", r"\+")):
        Journal(path)


def packed(content):
    return gzip.compress(content)


def utf32(content):
    return content.decode().encode("utf-32")


def spread(content):
    return json.dumps([json.loads(line) for line in content.splitlines()], indent=2).encode()


@pytest.mark.parametrize(
    ("changed", "says", "program"),
    [
        (packed, "is packed with gzip", "gzip"),
        (utf32, "is UTF-32 text", "iconv"),
        (spread, "holds decisions, but not one a line", "jq"),
    ],
)
def test_the_command_in_the_hint_makes_a_journal_of_it_again(tmp_path, lines, changed, says, program):
    path = put(tmp_path, changed(b"\n".join(lines) + b"\n"))
    with pytest.raises(UserError, match=says) as refused:
        Journal(path)
    if which(program) is None:
        pytest.skip(f"there is no {program}")
    subprocess.run(refused.value.hint, shell=True, check=True)  # noqa: S602 - what a person would type
    assert [event.text for event in Journal(path).events] == TEXTS


def test_a_pointer_of_git_lfs_is_called_so(tmp_path):
    path = put(tmp_path, b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    with pytest.raises(UserError, match="a pointer of Git LFS"):
        Journal(path)


def some_events(chance):
    """Return events of few people, times and ids: many ties, undos of undos, ids that stand there twice."""
    events = []
    for number in range(chance.randrange(2, 25)):
        known = [event.id for event in events] or [""]
        action = chance.choice(["accept", "reject", "skip", "note", "propose", "undo", "redo"])
        order, time = (f"2026-11-20T00:00:{chance.randrange(60):02}.000000+00:00" for _ in range(2))
        events.append(
            Event(
                chance.choice(known) if chance.random() < 0.05 else f"{chance.randrange(10**6)}-{number}",
                time,
                chance.choice(["ada", "Ada", "bob"]),
                action,
                "m",
                "w",
                0,
                chance.randrange(4),
                chance.choice(["a", "b", ""]),
                of=chance.choice(known) if action in {"undo", "redo"} else "",
                batch=chance.choice(["", "b1", "b2"]),
                order=order if chance.random() < 0.3 else "",
                importer=chance.choice(["", "", "eva"]),
            )
        )
    return events


def said(labels):
    people = ("ada", "bob", "eva")
    turns = [(labels.undoable(one), labels.redoable(one)) for one in people]
    proposals = [labels.proposals(Neuron(0, unit)) for unit in range(4)]
    return labels.all(), [(event, labels.undone(event)) for event in labels.history()], turns, proposals


def test_a_merge_in_any_order_whole_or_in_parts_or_doubled_gives_the_same_labels():
    for seed in range(300):
        chance = random.Random(seed)  # noqa: S311 - no secret
        events = some_events(chance)
        expected = said(Labels("w", events))
        mixed = chance.sample(events, len(events))
        assert said(Labels("w", mixed)) == expected, seed
        assert said(Labels("w", mixed + events)) == expected, seed
        in_parts = Labels("w")
        while mixed:
            taken = chance.randrange(1, 5)
            in_parts.apply(mixed[:taken])
            mixed = mixed[taken:]
        assert said(in_parts) == expected, seed
