"""Settings for every test, and the word on what keeps those in a browser from running."""

import os

import pytest
from hypothesis import settings

from hairpin.lab.browser import missing

# A property is about what is right, not about how fast a busy machine is.
settings.register_profile("hairpin", deadline=None)
settings.load_profile("hairpin")


@pytest.fixture(scope="session")
def chromium_is_here() -> None:
    """Without a browser a test is skipped, and in CI it fails."""
    if (lacking := missing()) is not None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(lacking, pytrace=False)
        pytest.skip(lacking)
