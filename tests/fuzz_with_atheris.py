"""Fuzzes a reader, led by what each input reaches in our code: fuzz_with_atheris.py READER -atheris_runs=N."""

import sys

import atheris

with atheris.instrument_imports(include=["voxd"]):
    from fuzzed_readers import READERS

if __name__ == "__main__":
    reader = READERS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, reader)
    atheris.Fuzz()
