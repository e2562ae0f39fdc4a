"""URLs of outgoing webhooks."""

from django.urls import path

from integrations.outgoing import views

app_name = "outgoing"

urlpatterns = [
    path("rooms/<int:pk>/outgoing-webhooks/", views.webhooks, name="webhooks"),
    path("rooms/<int:pk>/outgoing-webhooks/new/", views.new_webhook, name="new_webhook"),
    path("rooms/<int:pk>/outgoing-webhooks/<int:webhook_pk>/", views.webhook, name="webhook"),
    path("rooms/<int:pk>/outgoing-webhooks/<int:webhook_pk>/switch/", views.switch, name="switch"),
    path("rooms/<int:pk>/outgoing-webhooks/<int:webhook_pk>/secret/", views.secret, name="secret"),
    path(
        "rooms/<int:pk>/outgoing-webhooks/<int:webhook_pk>/deliveries/<uuid:delivery_pk>/",
        views.redelivery,
        name="redelivery",
    ),
]
