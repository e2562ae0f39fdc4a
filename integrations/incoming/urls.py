"""URLs of a room's incoming webhooks."""

from django.urls import path

from integrations.incoming import views

app_name = "incoming"
urlpatterns = [
    path("rooms/<int:pk>/webhooks/", views.webhooks, name="webhooks"),
    path("rooms/<int:pk>/webhooks/<int:webhook_pk>/", views.webhook, name="webhook"),
    path("rooms/<int:pk>/webhooks/<int:webhook_pk>/url/", views.url, name="url"),
    path("rooms/<int:pk>/webhooks/<int:webhook_pk>/state/", views.state, name="state"),
    path("rooms/<int:pk>/webhooks/<int:webhook_pk>/delete/", views.delete, name="deletion"),
]
