"""URLs for conversations, files, reports and moderation."""

from django.urls import path

from messaging.web import (
    attachments,
    edit_history,
    first_steps,
    history,
    mentions,
    moderation,
    pages,
    reactions,
    reports,
    room_files,
    saved,
    search,
    storage_usage,
    undo,
)

app_name = "messaging"

urlpatterns = [
    path("", pages.home, name="home"),
    path("first-steps/", first_steps.first_steps, name="first_steps"),
    path("rooms/<int:pk>/", pages.room_page, name="room"),
    path("rooms/<int:pk>/messages/", history.history, name="history"),
    path("rooms/<int:pk>/messages/first/", history.first_message, name="first_message"),
    path("rooms/<int:pk>/messages/<int:seq>/", pages.permalink, name="permalink"),
    path("rooms/<int:pk>/conversation/", history.conversation, name="conversation"),
    path("rooms/<int:pk>/history/", history.own_history, name="own_history"),
    path("rooms/<int:pk>/pins/", history.pins, name="pins"),
    path("rooms/<int:pk>/files/", room_files.files, name="files"),
    path("attachments/<uuid:pk>/", attachments.download, name="attachment"),
    path("attachments/<uuid:pk>/facts/", attachments.attachment_detail, name="attachment_detail"),
    path("attachments/<uuid:pk>/alt/", attachments.alt_text, name="alt_text"),
    path("attachments/<uuid:pk>/<slug:name>/", attachments.rendition, name="rendition"),
    path("messages/<int:pk>/reactions/", reactions.reactions, name="reactions"),
    path("messages/<int:pk>/reports/", reports.message_reports, name="message_reports"),
    path("messages/<int:pk>/history/", edit_history.edit_history, name="edit_history"),
    path("messages/<int:pk>/saved/", saved.saved_message, name="saved_message"),
    path("saved/", saved.saved_page, name="saved"),
    path("saved/marks/", saved.saved_marks, name="saved_marks"),
    path("mentions/", mentions.mentions_page, name="mentions"),
    path("search/", search.search_page, name="search"),
    path("search/completions/", search.completions, name="search_completions"),
    path("search/messages/", search.search_messages, name="search_messages"),
    path("messages/<int:pk>/deletion/", undo.message_deletion, name="message_deletion"),
    path("deletions/<int:pk>/", undo.deletion, name="deletion"),
    path("reports/", reports.reports, name="reports"),
    path("profile/files/", storage_usage.storage_usage, name="storage_usage"),
    path("rooms/<int:pk>/bans/", moderation.bans, name="bans"),
    path("rooms/<int:pk>/members/<int:user_pk>/ban/", moderation.ban, name="ban"),
    path("rooms/<int:pk>/members/<int:user_pk>/messages/", moderation.member_messages, name="member_messages"),
    path("rooms/<int:pk>/removals/<int:removal_pk>/", undo.removal, name="removal"),
]
