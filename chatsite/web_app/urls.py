"""URLs of the installable app. The service worker's path makes it responsible for the whole site."""

from django.urls import path

from chatsite.web_app import views

app_name = "web_app"

urlpatterns = [
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("offline/", views.offline, name="offline"),
    path("sw.js", views.service_worker, name="service_worker"),
]
