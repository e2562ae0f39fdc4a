"""The admin of messages, which can be searched, read and deleted through the same action as on the site."""

from django.contrib import admin
from django.contrib.messages import SUCCESS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.reporting import confirmation
from accounts.reporting.columns import link_column, person_column, tag, time_column, wide_column
from messaging.attachments.serializers import filenames_in
from messaging.attachments.sizes import format_size
from messaging.models import Attachment, Message
from messaging.moderation import report_admin  # noqa: F401  (registers itself)
from messaging.posting import actions
from rooms.models import CONVERSATIONS

ATTACHMENT_FIELDS = ["name", "formatted_size", "type"]
MESSAGE_FIELDS = ["room", "seq", "sender", "body", "created_at", "edited_at", "deleted_at"]


class AttachmentInline(admin.TabularInline):
    """Lists a message's attachments, which can't be opened here. They are deleted with the message."""

    model = Attachment
    verbose_name_plural = _("files")
    fields = [*ATTACHMENT_FIELDS]
    readonly_fields = ATTACHMENT_FIELDS
    ordering = ["position"]
    extra = 0
    can_delete = False

    @admin.display(description=_("size"))
    def formatted_size(self, attachment: Attachment) -> str:
        return format_size(attachment.size)

    def has_view_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return request.user.has_perm("messaging.view_message")

    def has_add_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = ["sent", "author", "text_excerpt", "place", "state"]
    list_select_related = ["room", "sender"]
    list_filter = ["created_at", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["body", "sender__username", "sender__display_name", "room__name"]
    search_help_text = _("Search texts, authors and rooms")
    fields = [*MESSAGE_FIELDS]
    readonly_fields = MESSAGE_FIELDS
    ordering = ["-id"]
    inlines = [AttachmentInline]
    actions = ["delete_messages"]

    @admin.display(description=_("sent"), ordering="created_at")
    def sent(self, message: Message) -> str:
        return time_column(message.created_at)

    @admin.display(description=_("author"))
    def author(self, message: Message) -> str:
        return person_column(message.sender)

    @admin.display(description=_("room"))
    def place(self, message: Message) -> str:
        return link_column(message.room, message.room)

    @admin.display(description=_("text"))
    def text_excerpt(self, message: Message) -> str:
        return wide_column(Truncator(message.excerpt).chars(80) or filenames_in(message))

    @admin.display(description=_("state"))
    def state(self, message: Message) -> str:
        if message.deleted_at:
            return tag(gettext("Deleted"), "warning")
        return tag(gettext("Edited")) if message.edited_at else ""

    @admin.action(description=_("Delete for everyone…"), permissions=["erase"])
    def delete_messages(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        messages = list(queryset.filter(deleted_at__isnull=True).only("pk"))
        if not confirmation.is_confirmed(request):
            return confirmation.ask(
                request,
                title=ngettext("Delete %(n)s message?", "Delete %(n)s messages?", len(messages)) % {"n": len(messages)},
                effects=[
                    gettext("They and their files will be deleted for everyone. This can’t be undone."),
                    gettext("Copies of them that were forwarded to other rooms stay, with their files."),
                ],
                button=gettext("Delete"),
                cancel_url=request.get_full_path(),
                fields=confirmation.action_fields("delete_messages", messages),
            )
        for message in messages:
            actions.delete_message(actor=None, message_id=message.pk)
        self.message_user(request, gettext("Messages deleted."), SUCCESS)
        return None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        # Conversations are private, even from admins.
        return super().get_queryset(request).exclude(room__kind__in=CONVERSATIONS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False  # saving a form would overwrite concurrent edits

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.delete_message")

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
