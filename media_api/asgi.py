"""Which requests bring the input of a Media API request.

They pass by the limit on strangers' bodies: where `auth.required` is false anybody may
send a film. The reader of their forms knows the limits (`media_api.views.submitting`).
"""

from core.multipart import forms_at

is_submission = forms_at(
    r"/api/v1/(compress|extract-audio|transcribe|summarize|custom|file-to-text)/?"
)
