"""What the tests of this app share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import LazySettings

from media_api.config.live import Live


@pytest.fixture
def configured(settings: LazySettings, tmp_path: Path) -> Callable[..., None]:
    """Give this process other settings: `configured(websockets={"max_subscriptions": 2})`."""

    def configure(**keys: Any) -> None:
        path = tmp_path / "configured.yaml"
        path.write_text(yaml.safe_dump(keys))
        settings.MEDIA_API_CONFIG = Live(path)

    return configure
