"""Addresses of the conversation."""

from django.urls import path

from messaging import own_files, pages, report_pages, steward_pages, views
from messaging.files import panel, serving

app_name = "messaging"

urlpatterns = [
    path("", pages.home, name="home"),
    path("rooms/<int:pk>/", pages.room_page, name="room"),
    path("rooms/<int:pk>/messages/", views.history, name="history"),
    path("rooms/<int:pk>/messages/<int:seq>/", pages.permalink, name="permalink"),
    path("rooms/<int:pk>/conversation/", views.conversation, name="conversation"),
    path("rooms/<int:pk>/history/", views.clear_history, name="clear_history"),
    path("rooms/<int:pk>/pins/", views.pins, name="pins"),
    path("rooms/<int:pk>/files/", panel.files, name="files"),
    path("attachments/<uuid:pk>/", serving.download, name="attachment"),
    path("attachments/<uuid:pk>/facts/", serving.facts, name="attachment_facts"),
    path("attachments/<uuid:pk>/alt/", serving.alt, name="attachment_alt"),
    path("attachments/<uuid:pk>/<slug:name>/", serving.rendition, name="rendition"),
    path("messages/<int:pk>/reports/", report_pages.message_reports, name="message_reports"),
    path("reports/", report_pages.reports, name="reports"),
    path("profile/files/", own_files.own_files, name="own_files"),
    path("rooms/<int:pk>/bans/", steward_pages.bans, name="bans"),
    path("rooms/<int:pk>/members/<int:user_pk>/ban/", steward_pages.ban, name="ban"),
    path("rooms/<int:pk>/members/<int:user_pk>/messages/", steward_pages.said, name="said"),
]
