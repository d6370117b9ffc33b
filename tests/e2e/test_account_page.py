"""The page of one's own account: password, the way out everywhere, API tokens."""

import re
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect

from core.accounts.api_tokens import create_api_token, use_api_token
from core.accounts.models import ApiToken
from core.tests.uploads.conftest import UPLOADS
from tests.e2e import scans
from tests.e2e.conftest import Visitor
from tests.e2e.desk import hold_back
from tests.support.fixtures import PASSWORD, client_of, make_account

pytestmark = pytest.mark.xdist_group("browser")
NEW = "stapled to the moon"


def at_account(visitor: Visitor, user) -> Page:
    page = visitor.sign_in(user.email)
    page.get_by_role("link", name=f"Account {user.email}").click()
    expect(page).to_have_url(visitor.url + "/account/")
    return page


def change_password(page: Page, old: str, new: str) -> None:
    page.get_by_label("Present password").fill(old)
    page.get_by_label("New password").fill(new)
    page.get_by_role("button", name="Change the password").click()


def test_a_wrong_and_a_weak_password_are_refused_beside_their_fields(
    visitor: Visitor, user
) -> None:
    visitor.may_lose_the_network = True  # the browser notes every refusal
    page = at_account(visitor, user)

    change_password(page, "not the password", NEW)
    expect(page.locator("#old_password-wrong")).to_have_text("The password is not right.")
    expect(page.get_by_label("Present password")).to_be_focused()
    change_password(page, PASSWORD, "short")
    expect(page.locator("#new_password-wrong")).to_contain_text("too short")
    expect(page.locator("#old_password-wrong")).to_be_hidden()
    change_password(page, "", "")

    for name in ("old_password", "new_password"):
        expect(page.locator(f"#{name}-wrong")).to_have_text("This field may not be blank.")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_too_many_guesses_are_told_to_wait(visitor: Visitor) -> None:
    visitor.may_lose_the_network = True
    page = at_account(visitor, make_account("guessed@example.org"))  # the others may sign in

    for _ in range(11):
        with page.expect_response("**/profile/password/"):  # before the scripts came, two are one
            change_password(page, "a guess", NEW)

    expect(page.locator("#password .outcome")).to_contain_text("Too many at once. Try again in")


def test_the_password_is_changed_and_this_page_stays_signed_in(visitor: Visitor, user) -> None:
    page = at_account(visitor, user)

    change_password(page, PASSWORD, NEW)

    expect(page.locator("#password .outcome")).to_have_text("The password is changed.")
    expect(page.get_by_label("New password")).to_have_value("")
    page.reload()
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_who_signs_out_everywhere_is_asked_and_every_browser_is_out(
    visitor: Visitor, user, browser
) -> None:
    page = at_account(visitor, user)
    elsewhere = browser.new_context()
    other = Visitor(elsewhere, elsewhere.new_page(), visitor.url)
    other.sign_in(user.email)

    page.get_by_role("button", name="Sign out everywhere…").click()
    page.get_by_role("button", name="Stay signed in").click()
    page.reload()
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    page.get_by_role("button", name="Sign out everywhere…").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()

    expect(page).to_have_url(visitor.url + "/login/")
    expect(other.page.locator("#connection")).to_contain_text("Your session has ended.")
    other.goto("/account/")
    expect(other.page).to_have_url(visitor.url + "/login/?next=/account/")
    elsewhere.close()


def test_the_key_of_a_new_token_works_and_is_shown_once(
    visitor: Visitor, user, access_token
) -> None:
    page = at_account(visitor, user)
    expect(page.get_by_text("There are no tokens yet.")).to_be_visible()

    page.get_by_label("Name of the new token").fill("the scanner <b>downstairs</b>")
    page.get_by_role("button", name="Make a token").click()
    field = page.get_by_label(re.compile("^The key of"))
    expect(field).to_be_focused()
    key = field.input_value()

    expect(page.locator("#tokens")).to_contain_text("the scanner <b>downstairs</b>")
    expect(page.locator("#tokens")).to_contain_text("not used yet")
    sent = client_of(user, access_token).post(
        f"{UPLOADS}{key}/", {"image_file": BytesIO(scans.png(lines=1))}
    )
    assert sent.status_code == 201
    page.reload()
    expect(page.locator("#tokens")).to_contain_text(f"{key[:8]}…")
    expect(page.locator("#tokens")).to_contain_text("last used")
    assert key not in page.content()


def test_a_token_is_copied_with_one_click(visitor: Visitor, user) -> None:
    page = at_account(visitor, user)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Make a token").click()

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert use_api_token(user, copied) == ApiToken.objects.get()


def test_a_form_that_is_sent_before_the_scripts_came_waits_for_them(visitor: Visitor, user) -> None:
    page = visitor.sign_in(user.email)
    release = hold_back(page, "/js/account[.]")
    page.goto(f"{visitor.url}/account/", wait_until="commit")
    page.get_by_label("Name of the new token").fill("early")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("heading", name="API tokens")).to_be_visible()
    assert not ApiToken.objects.exists()

    release()

    expect(page.locator("#tokens")).to_contain_text("early")
    assert ApiToken.objects.get().name == "early"


def test_a_token_is_removed_only_after_a_question(visitor: Visitor, user) -> None:
    create_api_token(user, name="old one")
    page = at_account(visitor, user)

    page.get_by_role("button", name="Remove old one").click()
    expect(page.get_by_role("dialog")).to_contain_text("old one")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#tokens .token")).to_have_count(1)
    page.get_by_role("button", name="Remove old one").click()
    page.get_by_role("button", name="Remove", exact=True).click()

    expect(page.get_by_text("There are no tokens yet.")).to_be_visible()
    assert not ApiToken.objects.exists()


def test_a_long_list_of_tokens_comes_page_by_page_without_anybody_elses(
    visitor: Visitor, user, other_user
) -> None:
    for number in range(51):
        create_api_token(user, name=f"number {number}")
    create_api_token(other_user, name="somebody else's")
    ApiToken.objects.filter(name="number 7").update(is_active=False)
    page = at_account(visitor, user)
    expect(page.locator("#tokens .token")).to_have_count(50)

    page.get_by_role("button", name="Load more").click()

    expect(page.locator("#tokens .token")).to_have_count(51)
    expect(page.get_by_role("button", name="Load more")).to_be_hidden()
    expect(page.locator("#tokens .pill:visible")).to_have_count(1)
    expect(page.locator("#tokens .pill:visible")).to_have_text("Switched off")
    assert "somebody else" not in page.content()


def test_a_session_that_has_ended_leads_to_the_login_and_back(visitor: Visitor, user) -> None:
    from core.accounts.services import revoke_sessions

    visitor.may_lose_the_network = True
    page = at_account(visitor, user)
    expect(page.get_by_text("There are no tokens yet.")).to_be_visible()
    revoke_sessions(user)

    page.get_by_role("button", name="Make a token").click()

    expect(page).to_have_url(visitor.url + "/login/?next=/account/")
