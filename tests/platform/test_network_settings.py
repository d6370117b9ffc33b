"""Settings that name networks, such as CORE_TRUSTED_PROXIES (platform contract, 2)."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.settings import env


@pytest.mark.parametrize("value", ["nonsense", "10.0.0.0/33", "10.0.0.1;10.0.0.2", "localhost"])
def test_a_malformed_list_of_proxies_stops_the_start(monkeypatch, value: str) -> None:
    monkeypatch.setenv("CORE_TRUSTED_PROXIES", value)

    with pytest.raises(ImproperlyConfigured, match=r"^CORE_TRUSTED_PROXIES must be"):
        env.networks("CORE_TRUSTED_PROXIES")


def test_addresses_and_networks_are_read(monkeypatch) -> None:
    monkeypatch.setenv("CORE_TRUSTED_PROXIES", "10.0.0.1, 10.1.2.3/16 ,::1,")

    assert list(map(str, env.networks("CORE_TRUSTED_PROXIES"))) == [
        "10.0.0.1/32", "10.1.0.0/16", "::1/128",
    ]  # fmt: skip
