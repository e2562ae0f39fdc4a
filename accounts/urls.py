"""Where people are found."""

from django.contrib import admin
from django.urls import path

from accounts import views
from accounts.reporting.active_users import active_users

app_name = "accounts"

urlpatterns = [
    path("setup/", views.setup, name="setup"),
    path("session/", views.session, name="session"),
    path("profile/", views.profile, name="profile"),
    path("profile/status/", views.status, name="status"),
    path("profile/data/", views.data, name="data"),
    path("profile/deletion/", views.delete_account, name="delete_account"),
    path("profile/sessions/<int:pk>/", views.end_session, name="end_session"),
    path("here/", views.here, name="here"),
    path("here/list/", views.here_list, name="here_list"),
    path("people/", views.people, name="people"),
    path("people/<str:username>/", views.person, name="person"),
    path("people/<int:pk>/avatar/", views.avatar, name="avatar"),
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/<int:pk>/revoke/", views.revoke, name="revoke_invitation"),
    path("join/<str:code>/", views.join, name="join"),
    # Here rather than in an admin site of our own: this urlconf stands before /admin/.
    path("admin/reports/active-users/", admin.site.admin_view(active_users), name="active_users"),
]
