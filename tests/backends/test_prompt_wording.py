"""Prompts: texts are data in them, and a person may edit them."""

import json

import pytest

from neurotui.backends.label_evidence import Excerpt, LabelEvidence, excerpt
from neurotui.backends.llm import prompt_wording
from neurotui.backends.llm.prompt_wording import FILES, Wording, plain, write_originals
from neurotui.backends.settings import BackendSettings
from neurotui.errors import UserError
from neurotui.types import Exemplar


def test_texts_stand_one_a_line_whatever_they_hold():
    texts = ["a\nb", "-----\n", '"}]}', "$texts ${fault} $$", "\x1b[31m\u2028\ud800", "x" * 9_000]
    prompt = Wording().phrases(texts)
    before, lines, after = prompt.split("-----\n", 1)[0], *prompt.split("-----\n", 1)[1].rsplit("\n-----", 1)
    assert before
    assert after == ""
    records = [json.loads(line) for line in lines.splitlines()]
    assert [record["id"] for record in records] == [1, 2, 3, 4, 5, 6]
    assert [record["text"] for record in records] == [plain(text) for text in texts]
    assert len(records[-1]["text"]) == 2_000
    prompt.encode()


def test_a_text_keeps_its_lines_and_loses_its_controls():
    assert plain("one\r\ntwo\tthree\x00\n") == "one\ntwo three\N{SYMBOL FOR NULL}"


def test_edited_prompts_are_used_and_told_apart(tmp_path):
    write_originals(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    assert Wording(tmp_path).hash == Wording().hash
    (tmp_path / "phrases.txt").write_text("Costs $$5: $texts")
    assert Wording(tmp_path).phrases(["a"]) == 'Costs $5: {"id": 1, "text": "a"}'
    assert Wording(tmp_path).hash != Wording().hash
    with pytest.raises(UserError, match="there already"):
        write_originals(tmp_path)
    (tmp_path / "label.txt").unlink()
    assert Wording(tmp_path).label(LabelEvidence(())) == Wording().label(LabelEvidence(()))


def test_how_many_phrases_there_may_be_is_said_from_one_place(monkeypatch, tmp_path):
    assert "1 to 5 short noun phrases" in Wording().phrases(["a"])
    assert "1 to 5 labels" in Wording().label(LabelEvidence(()))
    write_originals(tmp_path)
    for name in ("phrases.txt", "label.txt"):
        path = tmp_path / name
        path.write_text(path.read_text().replace("$most", "5"))
    # Prompts that were edited before the number had a place, and the replies paid for with them, are as good.
    assert Wording(tmp_path).hash == Wording().hash
    monkeypatch.setattr(prompt_wording, "MOST_PHRASES", 7)
    assert "1 to 7 short noun phrases" in Wording().phrases(["a"])
    assert Wording(tmp_path).hash != Wording().hash


@pytest.mark.parametrize("bad", ["no place", "$texts $other", "$texts costs $5", "${texts"])
def test_prompts_that_cannot_serve_are_refused_before_any_request(tmp_path, bad):
    (tmp_path / "phrases.txt").write_text(bad)
    with pytest.raises(UserError, match="texts"):
        Wording(tmp_path)


def test_a_folder_that_is_not_there_or_not_text_is_refused(tmp_path):
    with pytest.raises(UserError, match="not a folder"):
        Wording(tmp_path / "nowhere")
    (tmp_path / "repair.txt").write_bytes(b"\xff\xfe$fault")
    with pytest.raises(UserError, match="UTF-8"):
        Wording(tmp_path)


def exemplar(pieces, trace, lowest, highest):
    return Exemplar(
        kind="top",
        rank=0,
        text_id=0,
        source_id="s",
        split="calibration",
        start=0,
        peak=0,
        value=highest,
        pieces=pieces,
        trace=trace,
        lowest=lowest,
        highest=highest,
        cut_before=False,
        cut_after=False,
    )


def test_the_peaks_of_an_exemplar_are_whole_words_strongest_first():
    pieces = ("The", " bat", "tery", " of", " my", " phone", ".")
    found = excerpt(exemplar(pieces, (0, 100, 255, 20, 0, 180, 0), -0.1, 4.0))
    assert found == Excerpt("The battery of my phone.", ("battery", "phone"))
    assert excerpt(exemplar(pieces, (0, 100, 255, 20, 0, 180, 0), -4.0, -0.1)).peaks == ()
    assert excerpt(exemplar((), (), 0.0, 0.0)) == Excerpt("")


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"texts_per_request": 101},
        {"max_cost": 1.0},
        {"price_in": 1.0},
        {"max_calls": -1},
        {"timeout": float("nan")},
        {"device": "tpu"},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(UserError):
        BackendSettings(**wrong)
