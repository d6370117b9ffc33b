"""The tables of core, gathered where Django looks for them."""

from core.accounts.models import ApiToken, User
from core.jobs.models import Job, JobAttempt
from core.tus.models import TusUpload
from core.uploads.models import Upload
from core.webhooks.models import Webhook

__all__ = ["ApiToken", "Job", "JobAttempt", "TusUpload", "Upload", "User", "Webhook"]
