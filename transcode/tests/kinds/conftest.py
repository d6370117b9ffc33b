import pytest

from transcode.tests.videos.conftest import create, staged, videos  # noqa: F401


@pytest.fixture(autouse=True)
def _by_itself(alone, transactional_db, settings, videos):  # noqa: F811
    """Every test commits for real, and nobody else takes a job."""
    settings.TRANSCODE_LOCAL_WORKERS = "off"
