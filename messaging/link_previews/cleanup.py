"""Deletes links of messages, and the previews, with their images, that no message refers to anymore."""

from collections.abc import Collection

from django.db.models import QuerySet

from accounts.sql import batched
from messaging.attachments.cleanup import discard_files
from messaging.models import LinkPreview, MessageLink


def delete_links(links: "QuerySet[MessageLink]") -> None:
    """Must be called in a transaction. The links are locked first, and then the previews, as everywhere."""
    rows = list(links.select_for_update(of=("self",)).order_by("pk").values_list("pk", "preview_id"))
    for ids in batched([pk for pk, _preview_id in rows]):
        MessageLink.objects.filter(pk__in=ids).delete()
    delete_unused({preview_id for _pk, preview_id in rows if preview_id is not None})


def delete_unused(preview_ids: Collection[int]) -> None:
    """Delete those of these previews that no message refers to."""
    for ids in batched(sorted(preview_ids)):
        # No one can refer to them while they are locked.
        list(LinkPreview.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
        unused = dict(LinkPreview.objects.filter(pk__in=ids, links=None).values_list("pk", "image"))
        if unused:
            LinkPreview.objects.filter(pk__in=unused).delete()
            discard_files([image for image in unused.values() if image])
