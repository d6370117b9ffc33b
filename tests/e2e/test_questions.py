"""Questions about the open upload: asked, answered live, kept, and never taken for markup."""

import pytest
from playwright.sync_api import expect

from core.jobs.models import Job
from core.kinds.ocr import Ocr
from core.tests.uploads.making import processed
from tests.e2e.conftest import Visitor
from tests.e2e.desk import at_uploads, row

pytestmark = pytest.mark.xdist_group("browser")

TEXT = "# Invoice\n\nPayment is due <img src=x onerror=alert(1)> within thirty days."
QUOTED = "“Payment is due <img src=x onerror=alert(1)> within thirty days.”"


@pytest.fixture
def invoice(platform, user, monkeypatch):
    """Return an upload that was read; its run is kept from the workers."""
    monkeypatch.setattr(Ocr, "queue", "by-hand")
    return processed(user, TEXT, name="invoice.png")


def test_a_question_is_answered_beside_the_text_and_kept(visitor: Visitor, user, invoice) -> None:
    page = at_uploads(visitor, user)
    row(page, "invoice.png").click()
    field = page.get_by_label("Ask about this text")

    field.fill("When is <b>payment</b> due?")
    field.press("Enter")

    asked = page.locator("#questions-list .asked")
    answer = page.locator("#questions-list .answer")
    expect(asked).to_have_text("When is <b>payment</b> due?")
    expect(answer).to_have_text(QUOTED)
    expect(field).to_have_value("")
    page.reload()
    expect(answer).to_have_text(QUOTED)
    expect(page.locator("#sheet-status")).to_have_text("Ready")


def test_a_question_without_an_answer_says_why_and_can_be_asked_again(
    visitor: Visitor, user, invoice
) -> None:
    invoice.followup_qa = [
        {"role": "user", "content": "Payment?", "id": "q1", "at": "2026-01-01T00:00:00Z",
         "error": "AI endpoint error (HTTP 503)", "error_code": "engine_http"},
    ]  # fmt: skip
    invoice.save()
    page = at_uploads(visitor, user)
    row(page, "invoice.png").click()

    expect(page.locator("#questions-list .wrong")).to_have_text("AI endpoint error (HTTP 503)")
    page.get_by_role("button", name="Ask again").click()

    expect(page.locator("#questions-list .answer")).to_have_text(QUOTED)
    assert Job.objects.filter(kind="core.question").count() == 1


def test_a_refusal_stands_beside_the_question_which_is_not_lost(
    visitor: Visitor, user, invoice
) -> None:
    visitor.may_lose_the_network = True
    page = at_uploads(visitor, user)
    row(page, "invoice.png").click()
    field = page.get_by_label("Ask about this text")
    field.fill("Is it paid?")
    invoice.followup_qa = [{"role": "user", "content": "?", "id": f"q{n}"} for n in range(200)]
    invoice.save()

    page.get_by_role("button", name="Ask", exact=True).click()

    expect(page.locator("#question-error")).to_contain_text("200 questions")
    expect(field).to_have_value("Is it paid?")
