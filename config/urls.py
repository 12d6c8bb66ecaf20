"""The addresses of Krong: each app brings its own."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path

handler500 = "config.errors.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("layers.urls")),
    path("", include("conflicts.urls")),
    path("", include("scenarios.urls")),
    path("", include("planning.urls")),
    path("login/", auth.LoginView.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
]
