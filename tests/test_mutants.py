"""The list of mutants keeps up with the package: what each changes is there, once, and so are its tests."""

import re

import pytest
from mutants import MUTANTS, ROOT, mutated, verdict


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_changes_stands_in_its_file_once_and_its_tests_are_there(mutant):
    compile(mutated(mutant), mutant.file, "exec")
    assert mutant.new != mutant.old
    assert mutant.tests
    for test in mutant.tests:
        file, _, name = test.partition("::")
        function = name.partition("[")[0]
        assert re.search(rf"^def {function}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), test


def test_every_mutant_has_a_name_of_its_own():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) > 30


def test_only_a_claim_that_fails_kills_a_mutant():
    said = "tests/a.py:3: {}\n==== short test summary info ====\nFAILED tests/a.py::test_b[c] - x"
    assert verdict(0, "1 passed") == ("SURVIVED", "")
    assert verdict(1, said.format("AssertionError")) == ("killed", "test_b")
    for status, output in ((1, said.format("TypeError")), (2, "ERROR tests/a.py"), (4, "not found"), (None, "")):
        assert verdict(status, output) == ("NOT TRIED", output)
