"""A certificate authority for the tests of what goes out."""

import pytest

from tests.support.answering import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    """Return an authority that `client(ca_file=…)` can be told to trust."""
    return Authority(tmp_path_factory.mktemp("authority"))
