"""What Textual's makers may set in the environment neither runs code in the app nor presses its keys."""

import pytest
from tui.driving import decisions
from tui.test_terminal import started

from neurotui.tui.runner import WEB_DRIVER
from neurotui.tui.textual_environment import keep_how_to_draw

FOR_MAKERS = {
    "TEXTUAL": "debug,devtools",
    "TEXTUAL_DRIVER": "owned:Driver",
    "TEXTUAL_PRESS": "a,x",
    "TEXTUAL_SCREENSHOT": "1",
    "TEXTUAL_FILTERS": "dim",
    "TEXTUAL_LOG": "textual.log",
    "TEXTUAL_SHOW_RETURN": "1",
    "TEXTUAL_COLOR_SYSTEM": "none of them",
    "TEXTUAL_THEME": "no such theme",
    "TEXTUAL_FPS": "x",
    "TEXTUAL_ANIMATIONS": "x",
}


def test_only_how_to_draw_is_heeded():
    environment = FOR_MAKERS | {"TEXTUAL_COLOR_SYSTEM": "256", "HOME": "/"}
    keep_how_to_draw(environment)
    assert sorted(environment) == [
        "HOME",
        "TEXTUAL_ANIMATIONS",
        "TEXTUAL_COLOR_SYSTEM",
        "TEXTUAL_FPS",
        "TEXTUAL_THEME",
    ]
    environment = {"TEXTUAL_DRIVER": WEB_DRIVER}
    keep_how_to_draw(environment)
    assert environment["TEXTUAL_DRIVER"] == WEB_DRIVER
    keep_how_to_draw(environment := {"TEXTUAL_FPS": "10"})
    assert environment["TEXTUAL_FPS"] == "10"


@pytest.mark.parametrize("drives", ["owned:Driver", ":"])
def test_the_app_imports_no_class_and_presses_no_key_that_the_environment_names(run, labels, tmp_path, drives):
    mark = tmp_path / "mark"
    (tmp_path / "owned.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    environment = FOR_MAKERS | {"TEXTUAL_DRIVER": drives, "PYTHONPATH": str(tmp_path)}
    with started(run, labels, **environment) as app:
        app.press("j", "q")
        assert app.ends() == 0
    assert not mark.exists()
    assert not labels.exists() or decisions(labels) == []
