"""Addresses of uploads, below `/api/v1/core/`. An id is a UUID and wins over a token."""

from django.urls import path, re_path

from core.uploads.views import collection, files, languages, single

urlpatterns = [
    path("uploads/", collection.UploadListView.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>/", single.UploadView.as_view(), name="upload"),
    re_path(
        r"^uploads/(?P<token>(?:ml_)?[0-9a-f]{64})/$",
        collection.TokenUploadView.as_view(),
        name="upload-with-token",
    ),
    path("uploads/<uuid:upload_id>/reprocess/", single.ReprocessView.as_view(), name="reprocess"),
    path("uploads/<uuid:upload_id>/cancel/", single.CancelView.as_view(), name="upload-cancel"),
    path("uploads/<uuid:upload_id>/question/", single.QuestionView.as_view(), name="question"),
    path("uploads/<uuid:upload_id>/image/", files.ImageView.as_view(), name="upload-image"),
    path("uploads/<uuid:upload_id>/pages/<int:number>.png", files.PageView.as_view(), name="page"),
    path("uploads/<uuid:upload_id>/text/", files.TextView.as_view(), name="upload-text"),
    path("languages/", languages.LanguagesView.as_view(), name="languages"),
]
