"""Addresses of the dashboard's pages."""

from django.urls import path

from core.pages import dashboard, doors

urlpatterns = [
    path("", dashboard.home, name="home"),
    path("older-jobs/", dashboard.older_jobs, name="older-jobs"),
    path("job-subject/<uuid:job_id>/", dashboard.job_subject, name="job-subject"),
    path("uploads/", dashboard.uploads, name="uploads-page"),
    path("account/", dashboard.account, name="account"),
    path("login/", doors.login, name="login"),
    path("logout/", doors.logout, name="logout"),
    path("signup/", doors.signup, name="signup"),
]
