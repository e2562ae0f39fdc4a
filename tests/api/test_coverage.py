"""Everything that people can do in the pages has an endpoint, except for the pages that are listed here with a reason."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from api.endpoints import router

LOGIN = (
    "Logging in, passwords, sessions and two-factor authentication belong to browsers, and tokens don’t change them."
)
PAGE_ONLY = "It only serves the page, and has no data of its own."
SAME_DATA = "It is another form of data that an endpoint returns: "

# By the name of a page's URL, the endpoints with the same data and actions, or a reason for having none.
COVERED: dict[str, tuple[str, ...] | str] = {
    # rooms
    "rooms:list": ("list_rooms", "browse_rooms"),
    "rooms:new": ("create_room", "add_people"),
    "rooms:room": ("show_room", "list_messages"),
    "rooms:info": ("show_room", "list_members"),
    "rooms:settings": ("update_room",),
    "rooms:posting": ("update_room",),
    "rooms:archive": ("archive_room", "unarchive_room"),
    "rooms:deletion": ("delete_room",),
    "rooms:ownership": ("transfer_room",),
    "rooms:conversion": ("convert_conversation",),
    "rooms:membership": ("join_room", "leave_room"),
    "rooms:members": ("list_members", "add_people"),
    "rooms:member": ("change_role", "remove_member"),
    "rooms:favorite": ("add_favorite", "remove_favorite"),
    "rooms:closure": ("close", "reopen"),
    "rooms:seen": ("see_room",),
    "rooms:section": ("move_room", "remove_room_from_section"),
    "rooms:sections": ("list_sections", "create_section", "move_room", "remove_room_from_section"),
    "rooms:own_section": ("change_section", "delete_section"),
    "rooms:section_position": ("change_section",),
    "rooms:groups": ("list_groups",),
    "rooms:group_search": ("list_groups",),
    "rooms:group_reach": "It asks before a page mentions many people. Programs know whom they mention.",
    "rooms:new_group": ("create_group",),
    "rooms:group": ("show_group", "list_group_members", "add_to_group"),
    "rooms:group_settings": ("change_group",),
    "rooms:group_deletion": ("delete_group",),
    "rooms:group_member": ("remove_from_group", "leave_group"),
    "rooms:room_mute": ("mute_room", "unmute_room"),
    "rooms:new_message": ("open_direct_conversation",),
    "rooms:direct_room": ("open_direct_conversation",),
    "rooms:people_search": ("search",),
    "rooms:block": ("block", "unblock"),
    "rooms:mute": ("mute", "unmute"),
    "rooms:privacy": ("list_blocked_people", "list_muted_people", "block", "mute", "change_settings"),
    # messaging
    "messaging:home": PAGE_ONLY,
    "messaging:first_steps": PAGE_ONLY,
    "messaging:room": ("show_room", "list_messages"),
    "messaging:history": ("list_messages",),
    "messaging:first_message": ("find_first_message",),
    "messaging:permalink": ("list_messages",),
    "messaging:conversation": ("show_room", "list_messages"),
    "messaging:own_history": ("clear_own_history",),
    "messaging:pins": ("list_pins",),
    "messaging:thread_marks": ("list_messages",),
    "messaging:thread": ("show_thread",),
    "messaging:thread_follow": ("follow", "unfollow"),
    "messaging:thread_messages": ("show_thread",),
    "messaging:files": ("list_room_files",),
    "messaging:attachment": ("show_file",),
    "messaging:attachment_detail": ("show_file",),
    "messaging:alt_text": ("describe_file",),
    "messaging:rendition": ("show_file",),
    "messaging:preview_image": ("show_message",),
    "messaging:reactions": ("list_reactions",),
    "messaging:message_reports": ("report",),
    "messaging:edit_history": ("list_versions",),
    "messaging:message_notification": ("explain_notification",),
    "messaging:saved_message": ("save", "unsave"),
    "messaging:reminder": ("remind", "forget"),
    "messaging:reminder_notice": ("dismiss",),
    "messaging:due_reminders": ("list_saved",),
    "messaging:saved": ("list_saved",),
    "messaging:saved_marks": ("list_messages",),
    "messaging:scheduled": ("list_scheduled",),
    "messaging:scheduled_message": ("reschedule", "unschedule"),
    "messaging:scheduled_deletion": ("unschedule",),
    "messaging:scheduled_delivery": ("deliver",),
    "messaging:room_schedule": ("schedule",),
    "messaging:email_mute": "It is a link in an email, which needs no login. " + SAME_DATA + "mute_room.",
    "messaging:unsubscription": "It is a link in an email. " + SAME_DATA + "change_notification_settings.",
    "messaging:inbox": ("show_inbox", "read_conversations", "unread_conversations", "list_saved"),
    "messaging:threads": ("list_threads",),
    "messaging:unread_threads": ("list_threads",),
    "messaging:mentions": ("list_mentions",),
    "messaging:notifications": ("show_notification_settings", "change_notification_settings"),
    "messaging:notification_preview": PAGE_ONLY,
    "messaging:room_notifications": ("show_room_notifications", "choose_room_notifications"),
    "messaging:search": ("search_messages",),
    "messaging:search_completions": PAGE_ONLY,
    "messaging:search_messages": ("search_messages",),
    "messaging:message_deletion": ("delete_as_moderator",),
    "messaging:deletion": ("begin_deletion", "undo"),
    "messaging:devices": ("list_devices",),
    "messaging:push_key": "Browsers subscribe, with keys that never leave them.",
    "messaging:push_subscriptions": "Browsers subscribe, with keys that never leave them.",
    "messaging:push_removal": ("remove_device",),
    "messaging:device": ("remove_device",),
    "messaging:device_test": "People test a device while they look at it.",
    "messaging:reports": ("list_own_reports",),
    "messaging:storage_usage": ("show_storage",),
    "messaging:bans": ("list_bans",),
    "messaging:ban": ("ban_person", "lift_ban"),
    "messaging:member_messages": ("delete_messages",),
    "messaging:removal": "It undoes a slip of the hand within seconds. Programs add the person again.",
    # accounts
    "accounts:setup": LOGIN,
    "accounts:site_settings": ("show_site", "change_site", "change_logo", "remove_logo"),
    "accounts:test_email": "The admin who sets up email reads the email in a browser.",
    "accounts:logo": ("show_site",),
    "accounts:username_check": LOGIN,
    "accounts:session": ("show_own_profile",),
    "accounts:profile": ("show_own_profile", "change_own_profile", "change_avatar", "remove_avatar", "change_settings"),
    "accounts:settings_search": PAGE_ONLY,
    "accounts:status": ("change_own_profile", "change_settings"),
    "accounts:data_export": "All of a person’s data at once is only for the person, who is logged in.",
    "accounts:deletion": LOGIN,
    "accounts:user_session": LOGIN,
    "accounts:tokens": ("list_tokens",),  # a token can't create another one, which might have more rights
    "accounts:token_revocation": ("revoke",),
    "accounts:bots": ("list_bots", "create_bot"),
    "accounts:bot": ("show_bot", "change_bot", "change_bot_avatar", "remove_bot_avatar"),
    "accounts:bot_tokens": ("list_tokens",),
    "accounts:bot_state": ("disable_bot", "enable_bot"),
    "accounts:bot_deletion": ("delete_bot",),
    "accounts:online": ("browse_people",),
    "accounts:online_list": ("browse_people",),
    "accounts:people": ("browse_people",),
    "accounts:person": ("show_person",),
    "accounts:avatar": ("show_person",),
    "accounts:invitations": ("list_invites", "create_invite", "list_all_invites"),
    "accounts:invitation_revocation": ("revoke_invite", "revoke_others_invite"),
    "accounts:qr_code": SAME_DATA + "create_invite.",
    "accounts:invitation": ("accept_invite",),
    "accounts:active_users": ("list_connections", "close_connection", "suspend_person"),
    # integrations
    "incoming:webhooks": ("list_webhooks", "create_webhook"),
    "incoming:webhook": ("show_webhook", "change_webhook", "delete_webhook"),
    "incoming:url": ("renew_webhook_url",),
    "incoming:state": ("enable_webhook", "disable_webhook"),
    "incoming:deletion": ("delete_webhook",),
    "outgoing:webhooks": ("list_outgoing_webhooks",),
    "outgoing:new_webhook": ("create_outgoing_webhook",),
    "outgoing:webhook": ("show_outgoing_webhook", "change_outgoing_webhook", "delete_outgoing_webhook"),
    "outgoing:switch": ("enable_outgoing_webhook", "disable_outgoing_webhook"),
    "outgoing:secret": ("renew_outgoing_secret",),
    "outgoing:redelivery": ("redeliver",),
    "slash_commands:commands": ("list_slash_commands", "list_commands", "run_command"),
    "slash_commands:new_command": ("create_slash_command",),
    "slash_commands:command": ("show_slash_command", "change_slash_command", "delete_slash_command"),
    "slash_commands:switch": ("enable_slash_command", "disable_slash_command"),
    "slash_commands:secret": ("renew_command_secret",),
    # the app, the API's own page and allauth
    "web_app:manifest": PAGE_ONLY,
    "web_app:offline": PAGE_ONLY,
    "web_app:service_worker": PAGE_ONLY,
    "api:reference": PAGE_ONLY,
}
# Django's admin pages that change something, or that people use to look something up.
ADMIN = {
    "admin:accounts_user_changelist": ("list_accounts", "suspend_person", "reinstate_person"),
    "admin:accounts_user_reinstatement": ("reinstate_person",),
    "admin:accounts_auditevent_changelist": ("list_audit_events",),
    "admin:accounts_connection_changelist": ("list_connections",),
    "admin:accounts_apitoken_changelist": ("revoke_persons_tokens",),
    "admin:accounts_invitation_changelist": ("list_all_invites", "revoke_others_invite"),
    "admin:messaging_report_changelist": ("list_reports",),
    "admin:messaging_report_change": ("show_report", "settle"),
    "admin:messaging_report_reopening": ("reopen_settled",),
}
NAMES = {endpoint.name for endpoint in router.endpoints}


def urls(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            if each.name:
                yield f"{namespace}{each.name}"
        elif each.namespace != "admin":
            yield from urls(each, f"{namespace}{each.namespace}:" if each.namespace else namespace)


def test_every_page_has_endpoints_or_a_reason():
    """Pages without a namespace are allauth's: login, sign-up, passwords, email addresses and sessions (LOGIN)."""
    pages = {name for name in urls(get_resolver()) if ":" in name}
    assert pages - COVERED.keys() == set(), "add the page's endpoints to COVERED, or a reason for having none"
    assert COVERED.keys() - pages == set(), "there is no such page any more"


@pytest.mark.parametrize("page", sorted(COVERED | ADMIN))
def test_the_named_endpoints_exist(page):
    covered = (COVERED | ADMIN)[page]
    assert covered
    if isinstance(covered, tuple):
        assert set(covered) - NAMES == set()


def test_every_kind_of_setting_has_an_endpoint_of_its_own():
    """An endpoint that no page needs is a mistake, or missing above."""
    named = {name for covered in (COVERED | ADMIN).values() if isinstance(covered, tuple) for name in covered}
    assert NAMES - named - COMMANDS == set()


# The live protocol's commands, and endpoints for what programs do otherwise than pages.
COMMANDS = {
    *("post_message", "edit_message", "delete_message", "preview_message", "pin_message", "unpin_message"),
    *("add_reaction", "remove_reaction", "read_room", "mark_unread", "read_thread", "read_mentions", "set_draft"),
    *("type_in_room", "upload_file", "list_changes", "show_message", "list_drafts", "wait_for_events", "show_settings"),
    *("show_account", "remove_link_preview"),
}
