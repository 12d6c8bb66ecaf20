"""The address of what-if."""

from django.urls import URLPattern, path

from conflicts.alternatives import views

urlpatterns: list[URLPattern] = [path("", views.what_if, name="what-if")]
