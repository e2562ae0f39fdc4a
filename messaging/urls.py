"""Addresses of the conversation."""

from django.urls import path

from messaging import pages, views

app_name = "messaging"

urlpatterns = [
    path("", pages.home, name="home"),
    path("rooms/<int:pk>/", pages.room_page, name="room"),
    path("rooms/<int:pk>/messages/", views.history, name="history"),
    path("rooms/<int:pk>/messages/<int:seq>/", pages.permalink, name="permalink"),
    path("rooms/<int:pk>/conversation/", views.conversation, name="conversation"),
    path("rooms/<int:pk>/history/", views.clear_history, name="clear_history"),
]
