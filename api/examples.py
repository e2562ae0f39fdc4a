"""Examples of request bodies, by the endpoint's name, for the reference page and OpenAPI."""

from typing import Any

CLIENT_ID = "1b0cf9a2-94ad-4b4b-9a4e-5d0b7f1f6c11"
SOON = "2030-01-07T09:00:00Z"

EXAMPLES: dict[str, dict[str, Any]] = {
    # messages
    "post_message": {"body": "The backup is **done**.", "client_id": CLIENT_ID},
    "edit_message": {"body": "The backup is done."},
    "preview_message": {"body": "Is this **bold**?"},
    "report": {"reason": "Advertising"},
    # reading
    "read_room": {"seq": 120},
    "mark_unread": {"seq": 118},
    "read_thread": {"seq": 120},
    "read_mentions": {"seqs": [118, 120]},
    "set_draft": {"body": "Not finished yet", "known": 0},
    "read_conversations": {"positions": [{"room": 7, "seq": 120}]},
    "unread_conversations": {"positions": [{"room": 7, "seq": 112, "mentions": [98]}]},
    "remind": {"at": SOON},
    "schedule": {"body": "Good morning!", "at": SOON, "client_id": CLIENT_ID},
    "reschedule": {"body": "Good morning, all!", "at": SOON},
    "describe_file": {"alt": "The disk’s usage over the last week"},
    # rooms
    "create_room": {"name": "Builds", "kind": "public", "topic": "What the server builds"},
    "update_room": {"topic": "Ship on Thursday", "slow_seconds": 10},
    "open_direct_conversation": {"users": [12]},
    "convert_conversation": {"name": "Launch"},
    "add_people": {"users": [12, 15]},
    "change_role": {"role": "moderator"},
    "transfer_room": {"user": 12, "role": "moderator"},
    "ban_person": {"reason": "Advertising", "until": SOON},
    "create_section": {"name": "Work"},
    "change_section": {"name": "Projects", "position": 1},
    "move_room": {"name": "Work"},
    "change_notification_settings": {
        "level": "mentions",
        "keywords": ["release"],
        "quiet_hours": [{"begin": "22:00", "end": "07:00"}] * 5 + [None] * 2,
    },
    "choose_room_notifications": {"level": "all"},
    # people
    "change_own_profile": {"status": "dnd", "status_text": "🍽️ At lunch", "status_until": SOON},
    "change_settings": {"theme": "dark", "allows_direct_messages": False},
    "create_group": {"name": "ops", "title": "Operations"},
    "change_group": {"description": "Day and night"},
    "add_to_group": {"users": [12, 15]},
    "create_bot": {"username": "builds", "name": "Build server"},
    "change_bot": {"name": "Builds"},
    "create_invite": {"max_uses": 5, "expires_at": SOON},
    "accept_invite": {"code": "Zk3nV0bq9xYt6sP1"},
    # webhooks
    "create_webhook": {"name": "Builds", "description": "Posts when a build has failed"},
    "change_webhook": {"mentions_everyone": True},
    "create_outgoing_webhook": {"bot": "answers", "url": "https://example.org/chat", "trigger": "mention"},
    "change_outgoing_webhook": {"trigger": "words", "words": "deploy, !status"},
    "run_command": {"text": "deploy staging", "client_id": CLIENT_ID},
    "create_slash_command": {"name": "deploy", "bot": "answers", "url": "https://example.org/chat"},
    "change_slash_command": {"description": "Deploys a branch", "argument_hint": "BRANCH"},
    # administration
    "settle": {"outcome": "suspended", "until": SOON, "delete": True},
    "suspend_person": {"until": SOON},
    "change_site": {"registration": "invite"},
}
