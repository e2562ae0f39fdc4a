"""Converts the events of GitLab's webhooks."""

from collections.abc import Callable, Mapping

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, number, objects, text, value
from integrations.incoming.formats.git import Commit, branch_of, comment, kind_of, name, pushed, title, words

Headers = Mapping[str, str]

_ACTIONS = {
    "open": "opened",
    "close": "closed",
    "reopen": "reopened",
    "merge": "merged",
    "approved": "✅ approved",
    "unapproved": "withdrew the approval of",
}
_PIPELINES = {"success": "✅", "failed": "❌", "canceled": "⚪"}
_TARGETS = {
    "MergeRequest": ("merge_request", "merge request", "!"),
    "Issue": ("issue", "issue", "#"),
    "Snippet": ("snippet", "snippet", "$"),
}


def is_from(headers: Headers, data: JSON) -> bool:
    return "x-gitlab-event" in headers and bool(text(data, "object_kind") or text(data, "event_name"))


def convert(headers: Headers, data: JSON) -> str:
    convert_it = _BY_KIND.get(text(data, "object_kind") or text(data, "event_name"))
    return convert_it(data) if convert_it is not None else ""


def _who(data: JSON) -> str:
    return name(text(data, "user", "name") or text(data, "user_name") or text(data, "user", "username"))


def _project(data: JSON) -> str:
    return text(data, "project", "path_with_namespace") or text(data, "project", "name")


def _web_url(data: JSON) -> str:
    return text(data, "project", "web_url")


def _push(data: JSON) -> str:
    ref, project = text(data, "ref"), _project(data)
    if text(data, "after") and not text(data, "after").strip("0"):
        name_of_ref = markdown.code(branch_of(ref)[:200])
        return f"{_who(data)} deleted {kind_of(ref)} {name_of_ref} of {markdown.link(project, _web_url(data))}"
    count = max(number(data, "total_commits_count"), 0)
    where = markdown.link(f"{project}:{branch_of(ref)}", _tree(data, ref))
    if not count or kind_of(ref) == "tag":
        is_new = not text(data, "before").strip("0")
        return f"{_who(data)} created {kind_of(ref)} {where}" if is_new else ""
    found = (
        Commit(text(each, "id"), text(each, "message"), text(each, "url"), text(each, "author", "name"))
        for each in reversed(objects(data, "commits"))
    )
    return pushed(_who(data), found, count=count, where=where)


def _tree(data: JSON, ref: str) -> str:
    return f"{_web_url(data)}/-/tree/{branch_of(ref)}"


def _merge_request(data: JSON) -> str:
    return _issue_like(data, "merge request", "!")


def _issue(data: JSON) -> str:
    kind = text(data, "object_attributes", "type").lower()
    return _issue_like(data, kind if kind in ("incident", "task") else "issue", "#")


def _issue_like(data: JSON, kind: str, sign: str) -> str:
    attributes = value(data, "object_attributes")
    action = text(attributes, "action")
    if action not in _ACTIONS:  # such as `update`, which is sent for every change
        return ""
    shown = f"{_project(data)}{sign}{number(attributes, 'iid')} {text(attributes, 'title')}"
    line = f"{_who(data)} {_ACTIONS[action]} {kind} {title(shown, text(attributes, 'url'))}"
    return markdown.lines(line, comment(text(attributes, "description")) if action == "open" else "")


def _note(data: JSON) -> str:
    attributes = value(data, "object_attributes")
    where = markdown.link("commented", text(attributes, "url"))
    found = _TARGETS.get(text(attributes, "noteable_type"))
    if found is None:
        commit = markdown.code(text(data, "commit", "id")[:7])
        on = f"commit {commit} of {markdown.link(_project(data), _web_url(data))}"
    else:
        key, kind, sign = found
        target = value(data, key)
        shown = f"{_project(data)}{sign}{number(target, 'iid') or number(target, 'id')} {text(target, 'title')}"
        on = f"{kind} {title(shown, text(attributes, 'url').partition('#')[0])}"
    return markdown.lines(f"{_who(data)} {where} on {on}", comment(text(attributes, "note")))


def _pipeline(data: JSON) -> str:
    attributes = value(data, "object_attributes")
    status = text(attributes, "status")
    if status not in _PIPELINES:  # it is still running
        return ""
    address = text(attributes, "url") or f"{_web_url(data)}/-/pipelines/{number(attributes, 'id')}"
    link = title(f"Pipeline #{number(attributes, 'id')} · {_project(data)}:{text(attributes, 'ref')}", address)
    seconds = number(attributes, "duration")
    lasted = f" after {seconds // 60} min {seconds % 60} s" if seconds > 0 else ""
    failed = [text(build, "name") for build in objects(data, "builds") if text(build, "status") == "failed"][:10]
    jobs = f"Failed: {', '.join(markdown.code(job[:80]) for job in failed)}" if failed else ""
    return markdown.lines(f"{_PIPELINES[status]} {link}: {words(status)}{lasted}", jobs)


def _release(data: JSON) -> str:
    if text(data, "action") != "create":
        return ""
    link = title(f"{_project(data)} {text(data, 'name') or text(data, 'tag')}", text(data, "url"))
    return markdown.lines(f"Release {link} was published", comment(text(data, "description")))


def _deployment(data: JSON) -> str:
    status = text(data, "status")
    if status not in _PIPELINES:
        return ""
    link = title(f"{_project(data)} → {text(data, 'environment')}", text(data, "deployable_url"))
    return f"{_PIPELINES[status]} Deployment {link}: {words(status)}"


_BY_KIND: dict[str, Callable[[JSON], str]] = {
    "push": _push,
    "tag_push": _push,
    "merge_request": _merge_request,
    "issue": _issue,
    "work_item": _issue,
    "note": _note,
    "pipeline": _pipeline,
    "release": _release,
    "deployment": _deployment,
}
