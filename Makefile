# Each target sets up what it needs in .venv; nothing else has to be installed but Python >= 3.11.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Threads that spin while they wait slow each other down on a busy machine.
export OMP_WAIT_POLICY ?= passive

.PHONY: demo test test-oldest coverage lint docs docs-links bench hooks clean

# One stamp per set of extras: an unchanged set-up is not repeated.
$(VENV)/.stamp-%: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable ".[$(subst +,$(comma),$*)]"
	touch $@
comma := ,

demo: $(VENV)/.stamp-sim+plot+sofa
	OMP_NUM_THREADS=2 $(BIN)/python demo.py

test: $(VENV)/.stamp-sim+plot+sofa+vision+onnx+dask+test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

# On Linux pip takes several GB for this version of torch, unless it finds a CPU-only build.
test-oldest:
	test -x $(VENV)-oldest/bin/python || $(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip --disable-pip-version-check install --quiet \
		--constraint constraints-oldest.txt --editable ".[sim,plot,sofa,vision,dask,test]"
	OMP_NUM_THREADS=1 $(VENV)-oldest/bin/python -m pytest -n 2 tests

coverage: $(VENV)/.stamp-sim+plot+sofa+vision+onnx+dask+test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --cov --cov-report=term

lint: $(VENV)/.stamp-sim+plot+sofa+vision+onnx+dask+test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

docs: $(VENV)/.stamp-sim+plot+sofa+vision+docs
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

# Addresses in other projects; needs a network.
docs-links: $(VENV)/.stamp-sim+plot+sofa+vision+docs
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -b linkcheck -D plot_gallery=0 docs docs/_build/links

bench: $(VENV)/.stamp-sim+plot+sofa+vision+bench
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.speed all

hooks: $(VENV)/.stamp-sim+plot+sofa+vision+onnx+dask+test $(VENV)/.stamp-dev
	$(BIN)/pre-commit install

clean:
	rm -rf $(VENV) $(VENV)-oldest build *.egg-info docs/_build docs/auto_examples docs/api/generated docs/generated demo-results
