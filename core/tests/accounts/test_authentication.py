"""Which tokens stand for an account."""

from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from core.accounts.authentication import TokenRefused, user_of_access_token
from core.accounts.models import User
from core.accounts.tokens import access_token, token_pair

pytestmark = pytest.mark.django_db


def code_of(raw: str) -> str:
    with pytest.raises(TokenRefused) as refusal:
        user_of_access_token(raw)
    return refusal.value.code


def forged(user: User, key: str = settings.JWT_SIGNING_KEY, **changes: object) -> str:
    """Sign a token by hand: what `access_token` makes, with some claims changed or dropped."""
    claims = {**AccessToken(access_token(user)).payload, **changes}
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm="HS256")


@pytest.mark.parametrize(
    "raw",
    ["", " ", "x", "a.b.c", "....", "é.é.é", "\ud800", "\x00", "e30.e30.", "eyJ" * 50_000],
    ids=["empty", "blank", "word", "dots", "many", "accents", "half", "nul", "none", "long"],
)  # fmt: skip
def test_text_that_is_no_token_is_refused(raw: str) -> None:
    assert code_of(raw) == "token_invalid"


def test_a_refresh_token_is_refused(user: User) -> None:
    assert code_of(token_pair(user).refresh) == "token_invalid"


def test_a_token_signed_with_another_key_is_refused(user: User) -> None:
    assert code_of(forged(user, key="k" * 64)) == "token_invalid"


def test_an_unsigned_token_is_refused(user: User) -> None:
    claims = AccessToken(access_token(user)).payload
    assert code_of(jwt.encode(claims, None, algorithm="none")) == "token_invalid"


def test_an_expired_token_is_refused_by_its_own_name(user: User) -> None:
    assert code_of(access_token(user, lifetime=timedelta(seconds=-1))) == "token_expired"


@pytest.mark.parametrize("claim", ["exp", "jti", "token_type", "user_id", "tv"])
def test_a_token_that_lacks_a_claim_is_refused(user: User, claim: str) -> None:
    assert code_of(forged(user, **{claim: None})) == "token_invalid"


@pytest.mark.parametrize("user_id", ["x", 5, [], {}, "00000000-0000-0000-0000-000000000000"])
def test_a_token_for_no_account_is_refused(user: User, user_id: object) -> None:
    assert code_of(forged(user, user_id=user_id)) == "token_invalid"


def test_a_token_of_a_removed_account_is_refused(user: User) -> None:
    raw = access_token(user)
    user.delete()

    assert code_of(raw) == "token_invalid"


def test_a_token_of_an_inactive_account_is_refused(user: User) -> None:
    raw = access_token(user)
    User.objects.update(is_active=False)

    assert code_of(raw) == "token_invalid"


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_token_of_another_version_is_refused(user: User, version: object) -> None:
    User.objects.update(token_version=1)

    assert code_of(forged(user, tv=version)) == "token_invalid"


def test_an_access_token_stands_for_its_account(user: User, other_user: User) -> None:
    found, claims = user_of_access_token(access_token(user))

    assert found == user
    assert claims["user_id"] == str(user.pk)
    assert claims["tv"] == 0


def test_both_tokens_of_a_pair_carry_the_version(user: User) -> None:
    user.token_version = 7
    user.save()

    _, claims = user_of_access_token(token_pair(user).access)

    assert claims["tv"] == 7


def test_a_lifetime_can_be_asked_for(user: User) -> None:
    _, claims = user_of_access_token(access_token(user, lifetime=timedelta(days=30)))

    assert claims["exp"] > timezone.now().timestamp() + 29 * 86400


def test_an_access_token_lives_as_long_as_the_setting_says(user: User) -> None:
    _, claims = user_of_access_token(token_pair(user).access)

    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize("exp", ["soon", 10**30, [], {"at": 1}])
def test_an_end_that_is_no_time_is_refused(user: User, exp: object) -> None:
    assert code_of(forged(user, exp=exp)) == "token_invalid"
