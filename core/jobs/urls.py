"""Addresses of the job kernel, below `/api/v1/jobs/`."""

from django.urls import path

from core.jobs import views

urlpatterns = [
    path("", views.JobListView.as_view(), name="jobs"),
    path("<uuid:job_id>/", views.JobView.as_view(), name="job"),
    path("<uuid:job_id>/cancel/", views.CancelJobView.as_view(), name="job-cancel"),
    path("<uuid:job_id>/retry/", views.RetryJobView.as_view(), name="job-retry"),
    path("<uuid:job_id>/log/", views.JobLogView.as_view(), name="job-log"),
]
