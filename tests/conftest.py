"""For all tests: names that are the same in every worker."""

import pytest
from hypothesis import settings

settings.register_profile("shared", deadline=None)  # other work on the machine is no failure
settings.load_profile("shared")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are no name: they may hold the time (an archive), and workers would not agree on the tests."""
    return argname if isinstance(val, bytes) else None
