"""The addresses of downloads, under ``layers/<slug>/``."""

from django.urls import path

from layers.exports import views

urlpatterns = [path("<slug:slug>/download", views.download, name="layer-download")]
