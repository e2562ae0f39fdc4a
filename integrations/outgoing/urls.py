"""URLs of outgoing webhooks."""

from django.urls import path

from integrations.outgoing import views

app_name = "outgoing"

urlpatterns = [
    *views.pages.urls("outgoing-webhooks"),
    path(
        "rooms/<int:pk>/outgoing-webhooks/<int:webhook_pk>/deliveries/<uuid:delivery_pk>/",
        views.redelivery,
        name="redelivery",
    ),
]
