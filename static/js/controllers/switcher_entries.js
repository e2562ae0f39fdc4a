/** The settings and commands that the quick switcher finds, with words that people may type instead of the name. */

import { gettext, pgettext } from "chatsite/i18n.js";

/** `openPage(url)` opens a page in the panel. `commands`: functions by name. Returns [{name, keywords, icon, choose}]. */
export function switcherEntries({ openPage, commands, isAdmin }) {
  const page = (name, url, keywords = "", icon = "settings") => ({ name, keywords, icon, choose: () => openPage(url) });
  const command = (name, run, keywords = "", icon = "next") => ({ name, keywords, icon, choose: run });
  return [
    page(gettext("Display name"), "/profile/#div_id_display_name", pgettext("keywords", "profile rename my name")),
    page(gettext("Profile photo"), "/profile/#div_id_photo", pgettext("keywords", "avatar picture image")),
    page(gettext("Theme"), "/profile/#div_id_theme", pgettext("keywords", "dark mode light appearance colors")),
    page(gettext("Language"), "/profile/#div_id_language", pgettext("keywords", "translation locale")),
    page(gettext("Email addresses"), "/accounts/email/", pgettext("keywords", "mail")),
    page(gettext("Change password"), "/accounts/password/change/", pgettext("keywords", "security")),
    page(gettext("Sessions"), "/accounts/sessions/", pgettext("keywords", "devices log out everywhere security")),
    page(gettext("Privacy"), "/profile/privacy/", pgettext("keywords", "blocked muted people direct messages")),
    page(gettext("Your files"), "/profile/files/", pgettext("keywords", "storage uploads quota space"), "file"),
    page(gettext("Saved messages"), "/saved/", pgettext("keywords", "bookmarks later reminders"), "bookmark"),
    page(gettext("Scheduled messages"), "/scheduled/", pgettext("keywords", "send later schedule"), "clock"),
    page(gettext("Reports & warnings"), "/reports/", pgettext("keywords", "moderation"), "flag"),
    page(gettext("Invite people"), "/invitations/", pgettext("keywords", "invites link"), "link"),
    page(gettext("Download my data"), "/profile/#data", pgettext("keywords", "export archive"), "download"),
    page(gettext("Delete account"), "/profile/deletion/", pgettext("keywords", "remove leave"), "trash"),
    page(gettext("Browse rooms"), "/rooms/", pgettext("keywords", "join channels"), "compass"),
    page(gettext("Create room"), "/rooms/new/", pgettext("keywords", "new channel"), "plus"),
    page(gettext("Sections"), "/sections/", pgettext("keywords", "groups folders sidebar order"), "list"),
    page(gettext("People"), "/people/", pgettext("keywords", "members directory everyone"), "people"),
    page(gettext("User groups"), "/groups/", pgettext("keywords", "user groups teams mention"), "people"),
    page(gettext("Inbox"), "/inbox/", pgettext("keywords", "unread new notifications replies"), "inbox"),
    page(gettext("Mentions"), "/mentions/", pgettext("keywords", "my name @ notifications"), "at"),
    command(gettext("Online now"), commands.who, pgettext("keywords", "who is here"), "people"),
    command(gettext("Set your status"), commands.status, pgettext("keywords", "away busy do not disturb invisible"), "edit"),
    command(gettext("Keyboard shortcuts"), commands.shortcuts, pgettext("keywords", "keys help hotkeys"), "info"),
    command(gettext("Formatting help"), commands.formatting, pgettext("keywords", "markdown bold"), "info"),
    ...(isAdmin ? [command(gettext("Admin"), commands.admin, pgettext("keywords", "administration moderation"), "settings")] : []),
  ];
}
