"""Messages in the admin: to find and read; changes go through the same actions as the site's."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from messaging.attachments.limits import megabytes
from messaging.attachments.serializers import names_in
from messaging.models import Attachment, Message
from messaging.moderation import report_admin  # noqa: F401  (registers itself)
from messaging.posting import actions
from messaging.rendering import excerpt

TOLD = ["name", "bytes", "type"]
FACTS = ["room", "seq", "sender", "body", "created_at", "edited_at", "deleted_at"]


class AttachmentInline(admin.TabularInline):
    """What was sent with a message: told, not opened. It goes with the message, by the action."""

    model = Attachment
    verbose_name_plural = "files"
    fields = [*TOLD]
    readonly_fields = TOLD
    ordering = ["position"]
    extra = 0
    can_delete = False

    @admin.display(description="size")
    def bytes(self, attachment: Attachment) -> str:
        return megabytes(attachment.size)

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
    list_display = ["created_at", "room", "seq", "sender", "beginning", "edited_at", "deleted_at"]
    list_select_related = ["room", "sender"]
    list_filter = ["created_at", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["body", "sender__username", "sender__display_name", "room__name"]
    fields = [*FACTS]
    readonly_fields = FACTS
    ordering = ["-id"]
    inlines = [AttachmentInline]
    show_full_result_count = False
    actions = ["delete_messages"]

    @admin.display(description="text")
    def beginning(self, message: Message) -> str:
        return "(deleted)" if message.deleted_at else excerpt(message.html, 80) or names_in(message)

    @admin.action(description="Delete selected messages for everyone", permissions=["erase"])
    def delete_messages(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        living = queryset.filter(deleted_at__isnull=True)
        for pk in living.values_list("pk", flat=True):
            actions.delete_message(actor=None, message_id=pk)
        self.message_user(request, "Messages deleted.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        # What two people tell each other is theirs, also from the administrator who happens by.
        return super().get_queryset(request).exclude(room__kind="direct")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False  # to save a form is to write what was read before

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.delete_message")

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
