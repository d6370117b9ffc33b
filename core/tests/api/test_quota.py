"""How many new uploads an account, an address and a token may make (core contract, 3.6)."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from core.accounts.api_tokens import create_api_token
from core.accounts.models import Role, User
from core.errors import Throttled
from core.uploads.errors import AccountGone
from core.uploads.quota import charged

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ip() -> str:
    """Return an address that no other test counts by."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


@pytest.fixture
def demo(user: User) -> User:
    user.role = Role.DEMO
    user.save()
    return user


def made(user: User) -> int:
    user.refresh_from_db()
    return user.uploads_made


def upload(user: User, ip: str, **more: object) -> None:
    with charged(user, ip=ip, **more):
        pass


def throttled(user: User, ip: str, **more: object) -> Throttled:
    with pytest.raises(Throttled) as refused:
        upload(user, ip, **more)
    return refused.value


def test_a_demo_account_ends_after_its_uploads_and_waiting_does_not_help(
    demo: User, ip: str, settings
) -> None:
    settings.CORE_DEMO_UPLOADS = 5
    for _ in range(5):
        upload(demo, ip)

    refused = throttled(demo, ip)

    assert refused.retry_after_s is None
    assert refused.code == "throttled"
    assert str(refused).startswith("Request was throttled. ")
    assert made(demo) == 5


def test_an_address_ends_after_its_uploads_for_the_hour(user: User, ip: str, settings) -> None:
    settings.CORE_UPLOADS_PER_IP_HOUR = 2
    upload(user, ip)
    upload(user, ip)

    refused = throttled(user, ip)

    assert 3500 < refused.retry_after_s <= 3600
    assert made(user) == 2


def test_a_token_ends_after_its_uploads_for_the_hour(user: User, ip: str, settings) -> None:
    settings.CORE_UPLOADS_PER_TOKEN_HOUR = 1
    token, _ = create_api_token(user)
    upload(user, ip, token=token)

    assert throttled(user, ip, token=token).retry_after_s > 3500
    upload(user, ip)  # without the token it counts by address alone


def test_a_refusal_by_the_token_costs_the_address_nothing(user: User, ip: str, settings) -> None:
    settings.CORE_UPLOADS_PER_IP_HOUR = 2
    settings.CORE_UPLOADS_PER_TOKEN_HOUR = 1
    token, _ = create_api_token(user)
    upload(user, ip, token=token)
    throttled(user, ip, token=token)

    upload(user, ip)


def test_a_refusal_by_the_account_costs_the_address_nothing(
    demo: User, other_user: User, ip: str, settings
) -> None:
    settings.CORE_DEMO_UPLOADS, settings.CORE_UPLOADS_PER_IP_HOUR = 1, 2
    upload(demo, ip)
    throttled(demo, ip)

    upload(other_user, ip)
    throttled(other_user, ip)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_is_rejected_costs_nothing(
    demo: User, ip: str, settings, error: type[BaseException]
) -> None:
    settings.CORE_DEMO_UPLOADS = settings.CORE_UPLOADS_PER_IP_HOUR = 1

    def reject() -> None:
        with charged(demo, ip=ip):
            raise error

    with pytest.raises(error):
        reject()

    assert made(demo) == 0
    upload(demo, ip)


@pytest.mark.parametrize("role", [Role.USER, Role.DEMO])
def test_an_account_that_is_gone_is_said_to_be_and_costs_its_address_nothing(
    user: User, other_user: User, ip: str, settings, role: Role
) -> None:
    settings.CORE_UPLOADS_PER_IP_HOUR = 1
    gone = User.objects.get(pk=user.pk)
    gone.role = role
    user.delete()

    with pytest.raises(AccountGone):
        upload(gone, ip)

    upload(other_user, ip)


def test_rows_of_a_rejected_upload_are_rolled_back(user: User, ip: str) -> None:
    def reject() -> None:
        with charged(user, ip=ip):
            User.objects.create_user("made@inside.org")
            raise ValueError("a duplicate after all")

    with pytest.raises(ValueError, match="duplicate"):
        reject()

    assert not User.objects.filter(email="made@inside.org").exists()


def test_of_many_uploads_at_once_a_demo_account_makes_its_five(
    demo: User, ip: str, settings
) -> None:
    settings.CORE_DEMO_UPLOADS = 5
    barrier = threading.Barrier(12)

    def one(_: int) -> bool:
        try:
            barrier.wait()
            upload(demo, ip)
        except Throttled:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(one, range(12))) == 5
    assert made(demo) == 5


def test_the_stale_count_of_a_loaded_account_is_not_believed(demo: User, ip: str, settings) -> None:
    settings.CORE_DEMO_UPLOADS = 1
    stale = User.objects.get(pk=demo.pk)
    upload(demo, ip)

    assert stale.uploads_made == 0
    throttled(stale, ip)


def test_limits_of_nought_are_off(demo: User, ip: str, settings) -> None:
    settings.CORE_DEMO_UPLOADS = settings.CORE_UPLOADS_PER_IP_HOUR = 0
    for _ in range(10):
        upload(demo, ip)

    assert made(demo) == 10


def test_an_ordinary_account_is_counted_and_not_limited(user: User, ip: str, settings) -> None:
    settings.CORE_DEMO_UPLOADS = 1
    for _ in range(3):
        upload(user, ip)

    assert made(user) == 3


def test_addresses_are_counted_apart(user: User, settings) -> None:
    settings.CORE_UPLOADS_PER_IP_HOUR = 1

    for _ in range(3):
        upload(user, f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1")


def test_an_outer_transaction_carries_the_count(user: User, ip: str) -> None:
    with transaction.atomic():
        upload(user, ip)
        transaction.set_rollback(True)

    assert made(user) == 0
