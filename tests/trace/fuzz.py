"""The harness of `scripts/fuzz`: whatever the bytes, a reader gives a verdict or one clear line."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["hairpin"]):
    from tests.trace.test_readers import SAMPLES, well

if __name__ == "__main__":
    corpus = Path(sys.argv[1])
    for name, data in SAMPLES.items():
        (corpus / name).write_bytes(data)
    atheris.Setup(sys.argv, well)
    atheris.Fuzz()
