"""URLs of the API's reference. The endpoints are served by `api.application`, before Django."""

from django.urls import path

from api import reference

app_name = "api"

urlpatterns = [path("", reference.reference, name="reference")]
