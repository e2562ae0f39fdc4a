"""The server of the Model Context Protocol, as an agent uses it."""

import uuid

import httpx
import pytest

from accounts.models import AuditEvent
from messaging.models import Message
from rooms.moderation import limit_posting
from tests.api.conftest import secret_of
from tests.factories import post
from tests.live_client import session_of


class Agent:
    def __init__(self, url: str, secret: str) -> None:
        headers = {"authorization": f"Bearer {secret}", "accept": "application/json, text/event-stream"}
        self.client = httpx.Client(base_url=url, headers=headers, timeout=30)

    def send(self, method: str, **params: object) -> dict:
        response = self.client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        assert response.status_code == 200, response.text
        assert response.json()["id"] == 1
        return response.json()

    def call(self, tool: str, **arguments: object) -> dict:
        return self.send("tools/call", name=tool, arguments=arguments)["result"]


@pytest.fixture
def agent(uvicorn, cast) -> Agent:
    return Agent(uvicorn.url, secret_of(cast["owner"], "read", "write"))


def test_an_agent_introduces_itself_and_learns_the_tools(agent):
    result = agent.send("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "test"})
    assert result["result"]["protocolVersion"] == "2025-06-18"
    notified = agent.client.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (notified.status_code, notified.content) == (202, b"")
    tools = {tool["name"]: tool for tool in agent.send("tools/list")["result"]["tools"]}
    assert tools["read_messages"]["inputSchema"]["required"] == ["room"]
    assert tools["post_message"]["annotations"]["readOnlyHint"] is False
    assert "attachments" not in tools["post_message"]["inputSchema"]["properties"]
    assert agent.send("ping")["result"] == {}


def test_an_agent_reads_and_searches_what_its_user_may_see(agent, cast):
    message = post(cast["room"], cast["member"], "The **backup** is done")
    [room] = [each for each in agent.call("list_rooms")["structuredContent"]["rooms"] if each["name"] == "Kitchen"]
    read = agent.call("read_messages", room=room["id"])["structuredContent"]["messages"]
    assert [(each["id"], each["body"], each["sender"]) for each in read] == [
        (message.pk, "The **backup** is done", "member (@member)")
    ]
    found = agent.call("search_messages", q="backup")["structuredContent"]
    assert [each["id"] for each in found["messages"]] == [message.pk]
    assert agent.call("find_people", q="mem")["structuredContent"]["people"][0]["username"] == "member"


def test_an_agent_posts_once_where_the_room_allows_it(agent, cast):
    arguments = {"room": cast["room"].pk, "body": "Hello", "client_id": str(uuid.uuid4())}
    refused = agent.call("post_message", **arguments)
    assert refused["isError"] is True
    assert "Agents can’t post in this room" in refused["content"][0]["text"]
    limit_posting(actor=cast["owner"], room=cast["room"], allows_agents=True)
    first, again = (agent.call("post_message", **arguments)["structuredContent"] for _ in range(2))
    assert first == again
    assert Message.objects.get().body == "Hello"


def test_a_room_that_the_user_does_not_see_is_not_found(uvicorn, cast):
    stranger = Agent(uvicorn.url, secret_of(cast["stranger"], "read", "write"))
    post(cast["room"], cast["member"], "Secret")
    for tool, arguments in (("read_messages", {}), ("post_message", {"body": "Hello"})):
        seen, unknown = (stranger.call(tool, room=room, **arguments) for room in (cast["room"].pk, 999_999))
        assert seen == unknown
        assert seen["isError"] is True


def test_every_call_is_in_the_audit_log_without_text(agent, cast):
    agent.call("read_messages", room=cast["room"].pk)
    agent.call("search_messages", q="confidential")
    events = AuditEvent.objects.filter(kind=AuditEvent.Kind.AGENT_CALLED).order_by("pk")
    assert [(event.actor_name, event.detail["tool"]) for event in events] == [
        ("owner", "read_messages"),
        ("owner", "search_messages"),
    ]
    assert events[0].target_name == "Kitchen"
    assert "confidential" not in str([event.as_data() for event in events])


def test_refused_calls_are_in_the_audit_log(uvicorn, cast):
    reader = Agent(uvicorn.url, secret_of(cast["owner"], "read"))
    arguments = [{"room": cast["room"].pk, "body": "Hello"}, {"room": "Kitchen"}, {"room": 10**18}, {"room": 10**30}]
    assert all(reader.call("post_message", **each)["isError"] for each in arguments)
    events = AuditEvent.objects.filter(kind=AuditEvent.Kind.AGENT_CALLED).order_by("pk")
    assert [(event.detail["tool"], event.target_name) for event in events] == [
        ("post_message", "Kitchen"),
        *[("post_message", "")] * 3,
    ]


def test_a_tool_needs_the_scope_of_its_endpoint(uvicorn, cast):
    limit_posting(actor=cast["owner"], room=cast["room"], allows_agents=True)
    reader = Agent(uvicorn.url, secret_of(cast["owner"], "read"))
    refused = reader.call("post_message", room=cast["room"].pk, body="Hello")
    assert refused["isError"] is True
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", -32700),
        (b"[]", -32600),
        (b'{"id": 1}', -32600),
        (b'{"id": 1, "method": "resources/list"}', -32601),
        (b'{"id": 1, "method": "tools/call", "params": {"name": "delete_everything"}}', -32602),
        (b'{"id": 1, "method": "tools/call", "params": {"name": "list_rooms", "arguments": []}}', -32602),
    ],
    ids=["broken", "batch", "no-method", "unknown-method", "unknown-tool", "no-object"],
)
def test_errors_have_the_codes_of_json_rpc(agent, content, code):
    response = agent.client.post("/mcp", content=content, headers={"content-type": "application/json"})
    assert response.json()["error"]["code"] == code


def test_wrong_arguments_are_explained_to_the_agent(agent):
    result = agent.call("read_messages", room="Kitchen")
    assert result["isError"] is True
    assert result["content"][0]["text"].startswith("room: ")


def test_only_tokens_are_accepted_and_not_from_other_sites(uvicorn, agent, cast):
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    cookie = {"cookie": f"sessionid={session_of(cast['owner'])}", "origin": uvicorn.url}
    assert httpx.post(f"{uvicorn.url}/mcp", json=ping, headers=cookie).status_code == 401
    assert httpx.post(f"{uvicorn.url}/mcp", json=ping).headers["www-authenticate"] == "Bearer"
    assert agent.client.post("/mcp", json=ping, headers={"origin": "https://evil.example"}).status_code == 403
    assert agent.client.get("/mcp").status_code == 405
