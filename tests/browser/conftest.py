"""One event loop for all browser tests."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from hairpin.lab.browser import Chromium
from tests.browser.ground import Ground, ground

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="session")
def run(chromium_is_here: None) -> Iterator[Run]:
    """Runs a coroutine where the browser lives."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="session")
def grounded(run: Run) -> Iterator[tuple[Ground, Chromium]]:
    """The ground of the comparisons and the browser on it."""
    opened = ground()
    yield run(opened.__aenter__())
    run(opened.__aexit__(None, None, None))
