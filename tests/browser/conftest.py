"""One event loop for all browser tests, and the word on what keeps them from running."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from hairpin.lab.browser import Chromium, missing
from tests.browser.ground import Ground, ground

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Runs a coroutine where the browser lives. Without a browser: skipped, and in CI failed."""
    if (lacking := missing()) is not None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(lacking, pytrace=False)
        pytest.skip(lacking)
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="session")
def grounded(run: Run) -> Iterator[tuple[Ground, Chromium]]:
    """The ground of the comparisons and the browser on it."""
    opened = ground()
    yield run(opened.__aenter__())
    run(opened.__aexit__(None, None, None))
