"""URLs of the pages for users and invitations."""

from django.contrib import admin
from django.urls import path

from accounts import views
from accounts.reporting.active_users import active_users

app_name = "accounts"

urlpatterns = [
    path("setup/", views.setup, name="setup"),
    path("settings/site/", views.site_settings, name="site_settings"),
    path("settings/site/test-email/", views.send_test_email, name="test_email"),
    path("logo/<str:version>/", views.logo, name="logo"),
    path("username/", views.check_username, name="username_check"),
    path("session/", views.session, name="session"),
    path("profile/", views.profile, name="profile"),
    path("profile/search/", views.settings_search, name="settings_search"),
    path("profile/status/", views.status, name="status"),
    path("profile/data/", views.download_data, name="data_export"),
    path("profile/deletion/", views.delete_account, name="deletion"),
    path("profile/sessions/<int:pk>/", views.end_session, name="user_session"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revocation/", views.token_revocation, name="token_revocation"),
    path("bots/", views.bots, name="bots"),
    path("bots/<int:pk>/", views.bot, name="bot"),
    path("bots/<int:pk>/tokens/", views.bot_tokens, name="bot_tokens"),
    path("bots/<int:pk>/state/", views.bot_state, name="bot_state"),
    path("bots/<int:pk>/deletion/", views.bot_deletion, name="bot_deletion"),
    path("online/", views.online, name="online"),
    path("online/list/", views.online_list, name="online_list"),
    path("people/", views.people, name="people"),
    path("people/<str:username>/", views.person, name="person"),
    path("people/<int:pk>/avatar/", views.avatar, name="avatar"),
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/<int:pk>/revocation/", views.revoke_invitation, name="invitation_revocation"),
    path("invitations/<int:pk>/qr-code/", views.qr_code, name="qr_code"),
    path("join/<str:code>/", views.join, name="invitation"),
    # This needs no custom admin site, because this URLconf is included before /admin/.
    path("admin/reports/active-users/", admin.site.admin_view(active_users), name="active_users"),
]
