"""Groups of people that can be mentioned together, such as @ops."""

from typing import Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import usernames

TITLE_LENGTH = 60
DESCRIPTION_LENGTH = 250
_NAMES_LOCK = 0x6E616D6573  # of PostgreSQL's advisory locks


class UserGroupQuerySet(models.QuerySet["UserGroup"]):
    def named(self, name: str) -> Self:
        """Return the group with this name, or with one that looks like it."""
        return self.holding(usernames.key(name), usernames.skeleton(name))

    def matching(self, query: str) -> Self:
        """Return groups in whose name or title the query occurs. There are few enough to read all of them."""
        return self.filter(Q(name_key__contains=usernames.key(query)) | Q(title__icontains=query)) if query else self

    def holding(self, key: str, skeleton: str) -> Self:
        return self.filter(Q(name_key=key) | Q(name_skeleton=skeleton))


class UserGroup(models.Model):
    """A group of people. Its name is typed in mentions, so no username may equal it, or look like it.

    That is a rule between two tables. `lock_names` makes sure that no two transactions check it at the same time.
    """

    name = models.CharField(_("name"), max_length=usernames.MAX_LENGTH)
    name_key = models.CharField(max_length=usernames.MAX_LENGTH * 3, unique=True, editable=False)
    name_skeleton = models.CharField(max_length=usernames.SKELETON_LENGTH, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    description = models.CharField(_("description"), max_length=DESCRIPTION_LENGTH, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = UserGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("user group")
        verbose_name_plural = _("user groups")

    def save(self, *args: object, **kwargs: object) -> None:
        self.name_key, self.name_skeleton = usernames.key(self.name), usernames.skeleton(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("rooms:group", args=[self.pk])


class GroupMemberQuerySet(models.QuerySet["GroupMember"]):
    def visible_to(self, viewer: models.Model) -> Self:
        """Exclude people who are suspended, and those whom the viewer blocks."""
        blocked: frozenset[int] = viewer.blocked_ids  # type: ignore[attr-defined]
        return self.filter(user__is_active=True).exclude(user__in=blocked)

    def sizes(self) -> dict[int, int]:
        """Return the number of members of each group that has any."""
        return dict(self.order_by().values_list("group").annotate(Count("pk")))


class GroupMember(models.Model):
    group = models.ForeignKey(UserGroup, models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="group_memberships")
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = GroupMemberQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="group_member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in group {self.group_id}"


def lock_names(*, shared: bool) -> None:
    """Let no group be named until the transaction ends and, unless `shared`, no person either.

    SQLite only allows one writing transaction at a time.
    """
    if connection.vendor == "postgresql":
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_NAMES_LOCK])
