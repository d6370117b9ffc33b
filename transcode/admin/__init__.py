"""The admin of videos, runners and their jobs. No token, and no hash of one, is on any page.

The one exception is a registration token at the moment it is made: it is shown this once.
"""

from transcode.admin import jobs, registration_tokens, runners, videos

__all__ = ["jobs", "registration_tokens", "runners", "videos"]
