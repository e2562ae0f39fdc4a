"""Converts the events of GitHub's webhooks."""

from collections.abc import Callable, Mapping

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, number, objects, text, value
from integrations.incoming.formats.git import Commit, branch_of, comment, kind_of, name, pushed, title, words

Headers = Mapping[str, str]

# Actions of which people need not hear: they change nothing for others, or follow from another event.
QUIET_ACTIONS = {
    *("labeled", "unlabeled", "synchronize", "edited", "milestoned", "demilestoned", "pinned", "unpinned", "typed"),
    *("auto_merge_enabled", "auto_merge_disabled", "enqueued", "dequeued", "requested", "in_progress", "queued"),
    *("prereleased", "released", "untyped", "unassigned", "review_request_removed", "locked", "unlocked", "dismissed"),
}
_RESULTS = {
    "success": "✅",
    "failure": "❌",
    "error": "❌",
    "timed_out": "❌",
    "cancelled": "⚪",
    "action_required": "🟡",
}
_REVIEWS = {"approved": "✅ approved", "changes_requested": "🔴 requested changes to", "commented": "commented on"}


def is_from(headers: Headers, data: JSON) -> bool:
    return "x-github-event" in headers


def convert(headers: Headers, data: JSON) -> str:
    return convert_event(headers["x-github-event"], data)


def convert_event(event: str, data: JSON) -> str:
    """Convert an event, of which Gitea's have the same form."""
    convert_it = _BY_EVENT.get(event)
    if convert_it is None or text(data, "action") in QUIET_ACTIONS:
        return ""
    return convert_it(data)


def _who(data: JSON) -> str:
    sender = text(data, "sender", "login") or text(data, "pusher", "name") or text(data, "pusher", "login")
    return name(sender or text(data, "sender", "username"))


def _repository(data: JSON) -> str:
    return markdown.link(text(data, "repository", "full_name"), text(data, "repository", "html_url"))


def _ping(data: JSON) -> str:
    where = _repository(data) or markdown.escape_inline(text(data, "organization", "login")) or "GitHub"
    return f"✅ The webhook of {where} is set up."


def _push(data: JSON) -> str:
    ref, full_name = text(data, "ref"), text(data, "repository", "full_name")
    if value(data, "deleted") is True or text(data, "after").strip("0") == "" != text(data, "after"):
        return f"{_who(data)} deleted {kind_of(ref)} {markdown.code(branch_of(ref))} of {_repository(data)}"
    commits = objects(data, "commits")
    where = markdown.link(f"{full_name}:{branch_of(ref)}", text(data, "compare") or text(data, "compare_url"))
    if not commits:
        return f"{_who(data)} created {kind_of(ref)} {where}" if value(data, "created") is True else ""
    found = (
        Commit(text(each, "id"), text(each, "message"), text(each, "url"), text(each, "author", "name"))
        for each in commits
    )
    verb = "force-pushed" if value(data, "forced") is True else "pushed"
    count = max(number(data, "total_commits"), len(commits))
    return pushed(_who(data), found, count=count, where=where, verb=verb)


def _pull_request(data: JSON) -> str:
    action = text(data, "action")
    if action == "closed" and value(data, "pull_request", "merged") is True:
        action = "merged"
    return _issue_like(data, "pull_request", "pull request", action)


def _issues(data: JSON) -> str:
    return _issue_like(data, "issue", "issue", text(data, "action"))


def _discussion(data: JSON) -> str:
    return _issue_like(data, "discussion", "discussion", text(data, "action"))


def _issue_like(data: JSON, key: str, kind: str, action: str) -> str:
    """Describe what someone did with an issue, and quote it if it is new."""
    addressee = text(data, "assignee", "login") if action == "assigned" else ""
    addressee = text(data, "requested_reviewer", "login") if action == "review_requested" else addressee
    line = f"{_who(data)} {words(action)} {kind} {_linked(data, key)}"
    if addressee:
        line += f" ({name(addressee)})"
    is_new = action in ("opened", "created")
    return markdown.lines(line, comment(text(data, key, "body")) if is_new else "")


def _linked(data: JSON, key: str) -> str:
    shown = f"{text(data, 'repository', 'full_name')}#{number(data, key, 'number')} {text(data, key, 'title')}"
    return title(shown, text(data, key, "html_url"))


def _issue_comment(data: JSON) -> str:
    kind = "pull request" if value(data, "issue", "pull_request") or value(data, "is_pull") is True else "issue"
    return _commented(data, "issue", kind)


def _commented(data: JSON, key: str, kind: str) -> str:
    if text(data, "action") not in ("created", "submitted"):
        return ""
    where = markdown.link("commented", text(data, "comment", "html_url"))
    return markdown.lines(
        f"{_who(data)} {where} on {kind} {_linked(data, key)}", comment(text(data, "comment", "body"))
    )


def _review(data: JSON) -> str:
    state, body = text(data, "review", "state").lower(), text(data, "review", "body")
    if state == "commented" and not body:
        return ""  # the review's comments are events of their own
    verb = _REVIEWS.get(state, "reviewed")
    return markdown.lines(f"{_who(data)} {verb} pull request {_linked(data, 'pull_request')}", comment(body))


def _commit_comment(data: JSON) -> str:
    commit = markdown.link(text(data, "comment", "commit_id")[:7], text(data, "comment", "html_url"))
    return markdown.lines(
        f"{_who(data)} commented on {commit} of {_repository(data)}", comment(text(data, "comment", "body"))
    )


def _created(data: JSON) -> str:
    return f"{_who(data)} created {_ref(data)}"


def _deleted(data: JSON) -> str:
    return f"{_who(data)} deleted {_ref(data)}"


def _ref(data: JSON) -> str:
    short = markdown.code(branch_of(text(data, "ref"))[:200])
    return f"{words(text(data, 'ref_type'))} {short} of {_repository(data)}"


def _release(data: JSON) -> str:
    shown = text(data, "release", "name") or text(data, "release", "tag_name")
    link = title(f"{text(data, 'repository', 'full_name')} {shown}", text(data, "release", "html_url"))
    is_new = text(data, "action") == "published"
    return markdown.lines(
        f"{_who(data)} {words(text(data, 'action'))} release {link}",
        comment(text(data, "release", "body")) if is_new else "",
    )


def _workflow_run(data: JSON) -> str:
    run = value(data, "workflow_run")
    return _result(data, run, text(run, "head_branch"))


def _check_run(data: JSON) -> str:
    run = value(data, "check_run")
    if text(run, "conclusion") in ("success", "skipped", "neutral", "cancelled"):
        return ""
    return _result(data, run, text(run, "check_suite", "head_branch"))


def _result(data: JSON, run: JSON, branch: str) -> str:
    conclusion = text(run, "conclusion")
    if not conclusion or conclusion == "skipped":
        return ""
    where = text(data, "repository", "full_name") + (f":{branch}" if branch else "")
    link = title(f"{text(run, 'name')} · {where}", text(run, "html_url"))
    return f"{_RESULTS.get(conclusion, '⚪')} {link}: {words(conclusion)}"


def _deployment_status(data: JSON) -> str:
    status = value(data, "deployment_status")
    state = text(status, "state")
    if state not in _RESULTS:
        return ""
    address = text(status, "target_url") or text(status, "environment_url") or text(data, "repository", "html_url")
    link = title(f"{text(data, 'repository', 'full_name')} → {text(data, 'deployment', 'environment')}", address)
    return f"{_RESULTS[state]} Deployment {link}: {words(state)}"


def _fork(data: JSON) -> str:
    fork = markdown.link(text(data, "forkee", "full_name"), text(data, "forkee", "html_url"))
    return f"{_who(data)} forked {_repository(data)} to {fork}"


def _star(data: JSON) -> str:
    return f"⭐ {_who(data)} starred {_repository(data)}" if text(data, "action") in ("created", "started") else ""


_BY_EVENT: dict[str, Callable[[JSON], str]] = {
    "ping": _ping,
    "push": _push,
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "pull_request_review_comment": lambda data: _commented(data, "pull_request", "pull request"),
    "pull_request_comment": lambda data: _commented(data, "pull_request", "pull request"),
    "issues": _issues,
    "issue_comment": _issue_comment,
    "discussion": _discussion,
    "discussion_comment": lambda data: _commented(data, "discussion", "discussion"),
    "commit_comment": _commit_comment,
    "create": _created,
    "delete": _deleted,
    "release": _release,
    "workflow_run": _workflow_run,
    "check_run": _check_run,
    "deployment_status": _deployment_status,
    "fork": _fork,
    "star": _star,
}
