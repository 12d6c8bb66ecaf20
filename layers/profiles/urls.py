"""The address of the city profile, under ``layers/``."""

from django.urls import path

from layers.profiles import views

urlpatterns = [path("profile/", views.city_profile, name="city-profile")]
