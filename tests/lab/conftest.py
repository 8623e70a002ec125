"""One lab of the original case for all tests that only look."""

from collections.abc import Iterator

import pytest

from hairpin.deployment.file import load
from hairpin.lab.lab import Lab
from tests.lab.running import running


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with running(load()) as one:
        yield one
