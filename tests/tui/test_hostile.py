"""Whatever a run, a journal or a person brings, it is shown as it stands and steers nothing."""

import re
import shutil

import pytest
from textual import events
from tui import hostile
from tui.driving import at_the_keys, harmless

from neurotui.errors import UserError
from neurotui.sanitize import visible
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.tui.app import NeurotuiApp, fault, fault_report
from neurotui.tui.terminal_sanitizer import TerminalSanitizer
from neurotui.tui.widgets import exemplars
from neurotui.tui.widgets.text_layout import shown
from neurotui.types import Neuron

TALL = (110, 90)


@pytest.fixture
def first_wall_alone(monkeypatch):
    """Switch the terminal's sanitizer off, to show that all is clean where it is drawn."""
    monkeypatch.setattr(TerminalSanitizer, "apply", lambda _, segments, __: segments)


def decide(run, labels, unit, action, **more):
    with Run(run) as opened:
        Journal(labels).append(
            Neuron(0, unit), action, by=hostile.ANNOTATOR, model=opened.model, weights=opened.weights, **more
        )


def check_screen(person):
    for strip in person.strips:
        assert harmless(strip.text)
        for segment in strip:
            assert not segment.control
            assert segment.style is None or not (segment.style.meta.get("@click") or segment.style.link)


@pytest.mark.anyio
@pytest.mark.usefixtures("first_wall_alone")
async def test_nothing_from_outside_is_drawn_as_a_control_character_or_as_markup(hostile_run, labels):
    decide(hostile_run, labels, 0, "accept", text=hostile.LABEL, origin=hostile.BACKEND)
    decide(hostile_run, labels, 0, "note", text=hostile.NOTE)
    async with at_the_keys(hostile_run, labels, TALL, annotator=hostile.ANNOTATOR) as person:
        check_screen(person)
        assert shown(hostile.LABEL) in person.page
        assert f"note: {shown(hostile.NOTE)}" in person.said
        assert shown(hostile.ANNOTATOR) in person.said
        assert shown(hostile.BACKEND) in person.said
        assert shown(hostile.LABEL) in person.text
        for _ in range(12):
            await person.press("j")
            check_screen(person)


@pytest.mark.anyio
@pytest.mark.usefixtures("first_wall_alone")
async def test_every_key_keeps_hostile_names_harmless(hostile_run, labels):
    async with at_the_keys(hostile_run, labels, annotator=hostile.ANNOTATOR) as person:
        for key in (
            *("a", "y", "u", "ctrl+r", "x", "9", "o", "?", "escape", ":", "escape", "e"),
            *(
                "escape",
                "n",
                "escape",
                "/",
                "[",
                "l",
                "escape",
                "3",
                "a",
                "k",
                "e",
                "enter",
                "k",
                "e",
                "escape",
            ),
            *("tab", "G", "y"),
        ):
            await person.press(key)
            check_screen(person)
        assert person.journal


def squeezed(text):
    return re.sub(r"[\s␣↵]+", "", text)


@pytest.mark.anyio
async def test_special_tokens_markup_and_escapes_stand_on_the_screen_to_the_letter(hostile_run, labels):
    wanted = {
        "[CLS] the words of the model [SEP] [MASK] [PAD] [UNK] [unused12]",
        "[@click=app.quit]a harmless button[/]",
        "a closing tag that nobody opened [/] and another [/bold red]",
        "[bold red on white]markup that must be read, not obeyed",
        "[link=file:///etc/passwd]a link to read[/link]",
        "\N{SYMBOL FOR ESCAPE}[31mred alert\N{SYMBOL FOR ESCAPE}[0m",
        "\N{SYMBOL FOR ESCAPE}]52;c;cm0gLXJmIH4=\N{SYMBOL FOR BELL}",
        "<s> </s> <|endoftext|> <pad> <unk> <0x0A>",
    }
    async with at_the_keys(hostile_run, labels, (200, 20)) as person:
        for _ in range(60):
            seen = squeezed("".join(line[15:] for line in person.page.splitlines()))
            wanted = {text for text in wanted if squeezed(text) not in seen}
            if not wanted:
                break
            await person.press("j")
    assert not wanted


@pytest.mark.anyio
@pytest.mark.usefixtures("first_wall_alone")
async def test_toasts_and_messages_say_anything_and_obey_nothing(run, labels):
    texts = [text for text in hostile.TEXTS if not harmless(text) or "[" in text]
    async with at_the_keys(run, labels, (80, 24)) as person:
        for text in (*texts, *hostile.NAMES, hostile.LABEL):
            person.app.clear_notifications()
            person.app.say(text, text, "error")
            person.app.refuse(UserError(text, text))
            person.browse.detail.say(text, text)
            person.browse.prompt.open("note", text, text, text, [text])
            person.browse.prompt.say(text, wrong=True)
            await person.settle()
            check_screen(person)
            assert squeezed(shown(text)) in squeezed(person.page)
            assert person.tells(visible(text)[:12])


@pytest.mark.anyio
async def test_hostile_text_that_is_pasted_is_shown_harmless_and_kept_to_the_letter(hostile_run, labels):
    async with at_the_keys(hostile_run, labels) as person:
        await person.press("e", "ctrl+u")
        person.app.post_message(events.Paste(hostile.LABEL))
        await person.settle()
        check_screen(person)
        await person.press("enter")
        check_screen(person)
        assert person.journal == [("L0.0", "accept", hostile.LABEL)]
        assert shown(hostile.LABEL)[:20] in person.row("L0.0")
        await person.press("k", "e", "enter")
        assert person.journal[1] == ("L0.0", "accept", hostile.LABEL)
        await person.press("e", "enter")
        assert person.journal[2] == ("L0.1", "accept", person.review_state.candidates(1)[0].text)
        assert person.journal[2][2] in hostile.NAMES
        assert person.session.journal.events[-1].origin == hostile.BACKEND


@pytest.mark.anyio
async def test_the_sanitizer_cleans_what_somebody_forgot_to_clean(hostile_run, labels, monkeypatch):
    monkeypatch.setattr(exemplars, "shown", str)
    async with at_the_keys(hostile_run, labels, TALL) as person:
        assert not harmless(person.page)
        for _ in range(5):
            check_screen(person)
            await person.press("j")


@pytest.mark.anyio
@pytest.mark.usefixtures("first_wall_alone")
async def test_a_run_that_cannot_be_read_says_so_harmlessly(hostile_run, labels, tmp_path, monkeypatch):
    path = tmp_path / hostile.FILE_NAME
    shutil.copy(hostile_run, path)

    def damaged(_, neuron_id):
        raise UserError(f"'{path}' cannot be read: block {neuron_id}", f"copy '{path}' again")

    monkeypatch.setattr(Run, "detail", damaged)
    async with at_the_keys(path, labels, (100, 30)) as person:
        check_screen(person)
        assert "cannot be read: block 0" in person.said
        await person.press("j")
        assert "cannot be read: block 1" in person.said
        await person.press("a", "x", "?", "escape")
        assert [action for _, action, _ in person.journal] == ["accept", "reject"]


@pytest.mark.anyio
@pytest.mark.usefixtures("first_wall_alone")
async def test_a_run_whose_columns_cannot_be_read_says_so_harmlessly(hostile_run, labels, monkeypatch):
    def damaged(self):
        raise UserError(f"'{self.path}' cannot be read: {'a very long reason ' * 9}end", "copy it again")

    monkeypatch.setattr(Run, "overview", damaged)
    async with at_the_keys(hostile_run, labels, (80, 24)) as person:
        check_screen(person)
        words = " ".join(person.text.split())
        assert "a very long reason end" in words
        assert "copy it again" in words
        await person.press("a", "x", "e", "j", "G", "/", "o", ":", "escape", "?", "escape", "u", "y", "}")
        check_screen(person)
        assert person.journal == []
        assert "still" not in person.keys


@pytest.mark.anyio
async def test_a_fault_of_our_own_ends_in_an_error_and_a_hint_of_harmless_lines(run, labels, monkeypatch, capsys):
    def faulty(*_):
        typed = "what a person typed"
        raise RuntimeError(f"no {hostile.NAMES[0]} {hostile.LABEL} {len(typed)}")

    monkeypatch.setattr(NeurotuiApp, "refuse", faulty)
    with pytest.raises(RuntimeError, match="no "):
        async with at_the_keys(run, labels) as person:
            await person.press("a")
            await person.press("9")
    report = capsys.readouterr().err
    # Either may be wrapped: nothing is cut off.
    told = [line.partition(":")[0] for line in report.splitlines()]
    assert (told[0], told.count("error"), told.count("hint")) == ("error", 1, 1)
    assert all(harmless(line) for line in report.splitlines())
    assert "test_hostile.py" not in report
    assert "what a person typed" not in report
    assert person.app.return_code == 1
    assert [action for _, action, _ in person.journal] == ["accept"]


def test_a_report_names_the_place_in_our_code_and_where_the_decisions_are(tmp_path):
    try:
        Neuron.parse("x")
    except UserError as refusal:
        report = fault_report(fault(refusal), tmp_path / "a\x1b[2J.jsonl")
    assert "(types.py, line " in report
    assert "a\N{SYMBOL FOR ESCAPE}[2J.jsonl" in report
    assert fault(None)
