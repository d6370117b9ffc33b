"""Addresses of accounts, below `/api/v1/users/`."""

from django.urls import path

from core.accounts import views, views_profile

urlpatterns = [
    path("signup/", views.SignupView.as_view(), name="users-signup"),
    path("login/", views.LoginView.as_view(), name="users-login"),
    path("refresh/", views.RefreshView.as_view(), name="users-refresh"),
    path("refresh/token/", views.NewPairView.as_view(), name="users-refresh-token"),
    path("logout/", views.LogoutView.as_view(), name="users-logout"),
    path("user/", views_profile.UserView.as_view(), name="users-user"),
    path("profile/edit/", views_profile.ProfileView.as_view(), name="users-profile-edit"),
    path("profile/delete/", views_profile.DeleteAccountView.as_view(), name="users-profile-delete"),
    path("profile/password/", views_profile.PasswordView.as_view(), name="users-profile-password"),
    path("tokens/", views_profile.ApiTokensView.as_view(), name="users-api-tokens"),
    path("tokens/<int:pk>/", views_profile.ApiTokenView.as_view(), name="users-api-token"),
]
