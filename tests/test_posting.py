"""Both clients on a bad line: what a server, a proxy or a network may do to a call."""

import asyncio
import gzip
import json
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable

import aiohttp
import pytest

from curate.chat import Message, Reply, Request, Text
from curate.errors import AskError, AwayError, FatalError, SettingsError, TransientError
from curate.posting import connect_timeout, proxy
from curate.providers.openai import OpenAIProvider
from tests.raw import RawServer, Say, answer, heard
from tests.server import Answer, ModelServer, completion

BODY = json.dumps(completion("Hi").body).encode()
REQUEST = Request("draft", (Message("user", (Text("Hello?"),)),), 50)
LATE = 30.0  # seconds; only a test that fails waits so long


class NoEyes:
    """Nothing here is looked at."""


@pytest.fixture(params=["direct", "openai"])
def asked(request, monkeypatch) -> Callable[..., list[Reply | BaseException]]:
    """Asks so often one after the other, all with one client; gives replies and errors."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def ask(url: str, times: int = 1, at_once: bool = False, **options: object) -> list[Reply | BaseException]:
        async def go() -> list[Reply | BaseException]:
            provider = OpenAIProvider(**{"model": "m", "base_url": url, "client": request.param, **options})
            await provider.open(NoEyes())
            try:
                if at_once:
                    return await asyncio.gather(*[provider.ask(REQUEST) for _ in range(times)])
                return [await outcome(provider) for _ in range(times)]
            finally:
                await provider.close()

        return asyncio.run(go())

    return ask


async def outcome(provider: OpenAIProvider) -> Reply | BaseException:
    (found,) = await asyncio.gather(provider.ask(REQUEST), return_exceptions=True)
    assert isinstance(found, Reply | AskError), repr(found)
    assert not isinstance(found, AskError) or found.__cause__ is None, "its text may hold what must not be shown"
    return found


def said(piece: bytes) -> Say:
    """Hears one request, sends this and hangs up."""

    def say(connection: socket.socket, _: int) -> None:
        heard(connection)
        connection.sendall(piece)

    return say


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("piece", "told"),
    [
        (b"", "dropped the connection"),
        (answer(BODY[:40], length=len(BODY)), "no whole reply"),
        (CHUNKED + b"28\r\n" + BODY[:40] + b"\r\n", "no whole reply"),
        (CHUNKED + b"zz\r\n" + BODY, ""),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "dropped the connection"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "no usable reply"),
        (answer(BODY, b"Content-Encoding: gzip"), "no whole reply"),
        (answer(BODY, b"Content-Encoding: zip"), "an encoding that was not asked for"),
        (answer(gzip.compress(gzip.compress(BODY)), b"Content-Encoding: gzip, gzip"), "not asked for"),
        (answer(BODY[:40]), "no chat completion"),
    ],
    ids=["nothing", "half", "cut", "no chunk", "half a head", "not HTTP", "no gzip", "unknown", "twice", "no JSON"],
)
def test_what_is_no_whole_reply_may_be_asked_again(asked, piece, told):
    with RawServer(said(piece)) as server:
        (error,) = asked(server.url, timeout=LATE)
        assert server.taken == 1, "sent once"
    assert type(error) is TransientError
    assert server.url in str(error) or "no chat completion" in str(error)
    assert told in str(error)
    assert "\n" not in str(error)


def test_a_server_that_hangs_up_at_once_may_be_asked_again(asked):
    with RawServer(lambda *_: None) as server:
        (error,) = asked(server.url, timeout=LATE)
    assert type(error) is TransientError


def silent(connection: socket.socket, _: int) -> None:
    while heard(connection):
        pass


def trickling(connection: socket.socket, _: int) -> None:
    heard(connection)
    connection.sendall(answer(b"", length=10**6))
    while True:
        connection.sendall(b" ")
        threading.Event().wait(0.02)


@pytest.mark.parametrize("say", [silent, trickling])
def test_the_time_out_is_for_the_whole_call(asked, say):
    with RawServer(say) as server:
        (error,) = asked(server.url, timeout=1.5)
    assert type(error) is TransientError
    assert str(error) == f"{server.url} did not answer within 1.5 s"


def test_a_port_where_nobody_listens_is_away(asked):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    (error,) = asked(url)
    assert type(error) is AwayError
    assert str(error) == f"cannot reach {url}: Connection refused"


def test_a_host_that_nobody_knows_is_away(asked):
    (error,) = asked("http://nowhere.invalid/v1", timeout=LATE)
    assert type(error) is AwayError
    assert str(error).startswith("cannot reach http://nowhere.invalid/v1: ")


def test_an_address_that_cannot_be_is_away(asked):
    (error,) = asked("http://1.2.3.4.5/v1")
    assert type(error) is AwayError
    assert str(error) == "cannot reach http://1.2.3.4.5/v1: no such address"


def test_a_server_that_speaks_no_tls_is_away(asked):
    def plain(connection: socket.socket, _: int) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with RawServer(plain) as server:
        (error,) = asked(server.url.replace("http", "https"), timeout=LATE)
    assert type(error) is AwayError
    assert str(error).startswith(f"cannot reach https://127.0.0.1:{server.port}/v1: ")


def test_a_connection_that_never_stands_is_away(asked):
    """A handshake that is never answered is the same to the client as packets that are lost."""
    with RawServer(lambda connection, _: threading.Event().wait(5) and None) as server:
        (error,) = asked(server.url.replace("http", "https"), timeout=0.6)
    assert type(error) is AwayError
    assert str(error).endswith("no connection in time")


def test_connections_are_kept_and_one_that_is_closed_under_a_call_may_be_asked_again(asked):
    def one_answer(connection: socket.socket, _: int) -> None:
        heard(connection)
        connection.sendall(answer(BODY))
        heard(connection)

    with RawServer(one_answer) as server:
        first, lost, again = asked(server.url, 3, timeout=LATE)
        assert server.taken == 2
    assert (first.text, again.text) == ("Hi", "Hi")
    assert type(lost) is TransientError


def test_one_connection_serves_call_after_call(asked):
    def patient(connection: socket.socket, _: int) -> None:
        while heard(connection):
            connection.sendall(answer(BODY))

    with RawServer(patient) as server:
        assert [reply.text for reply in asked(server.url, 5)] == ["Hi"] * 5
        assert server.taken == 1


def test_no_pool_is_smaller_than_the_concurrency(asked):
    """Nobody is answered before all have come."""
    together = threading.Barrier(150)

    def say(_: object) -> Answer:
        together.wait(LATE)
        return completion("Hi")

    with ModelServer(say) as server:
        assert len(asked(server.url, 150, at_once=True, concurrency=150)) == 150


@pytest.mark.parametrize("encoding", ["GZIP", "deflate", "identity", ""])
def test_a_packed_reply_is_unpacked(asked, encoding):
    packed = {"GZIP": gzip.compress, "deflate": zlib.compress}.get(encoding, bytes)(BODY)
    with RawServer(said(answer(packed, b"Content-Encoding: " + encoding.encode()))) as server:
        assert [reply.text for reply in asked(server.url)] == ["Hi"]


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("packed", [True, False])
def test_of_an_endless_answer_only_so_much_is_read(asked, monkeypatch, packed, status):
    monkeypatch.setattr("curate.posting.MOST", 2**20)
    body = zlib.compress(bytes(200 * 2**20)) if packed else bytes(4 * 2**20)
    headers = {"Content-Encoding": "deflate"} if packed else {}
    with ModelServer(lambda _: Answer(body, status, headers)) as server:
        tracemalloc.start()
        (error,) = asked(server.url, timeout=LATE)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert type(error) is TransientError
    assert str(error).endswith("more than 1 MiB")
    assert peak < 64 * 2**20


def test_a_redirection_is_not_followed_and_named(asked):
    with ModelServer() as elsewhere:
        moved = Answer({}, 307, {"Location": f"{elsewhere.url}/chat/completions"})
        with ModelServer(lambda _: moved) as server:
            (error,) = asked(server.url)
        assert elsewhere.asked == []
    assert type(error) is FatalError
    assert str(error).startswith(f"{server.url} answers 307")


def test_only_the_named_key_is_ever_sent_and_only_known_packings_asked_for(asked, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "sk-not-for-this-server")
    with ModelServer(lambda _: completion("Hi")) as server:
        asked(server.url)
    assert "sk-not" not in str(server.headers)
    assert [headers["accept-encoding"] for headers in server.headers] == ["gzip, deflate"] * 2, "models, completion"


def test_the_direct_client_names_itself_no_organisation_and_keeps_no_cookie(monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")

    async def go(url: str) -> None:
        provider = OpenAIProvider(model="m", base_url=url)
        await provider.open(NoEyes())
        for _ in range(2):
            await provider.ask(REQUEST)
        await provider.close()

    reply = completion("Hi")
    reply.headers["Set-Cookie"] = "who=mine; Path=/"
    with ModelServer(lambda _: reply) as server:
        asyncio.run(go(server.url.replace("127.0.0.1", "localhost")))
    assert len(server.headers) == 3, "models, and a completion twice"
    for headers in server.headers:
        assert headers["content-type"] == "application/json"
        assert headers["user-agent"].startswith("curate/")
        assert "mine" not in str(headers)


@pytest.mark.parametrize("key", ["sk-1\n", "sk 1", "sk-ü"])
def test_a_key_that_cannot_travel_stops_before_anything_is_sent(asked, monkeypatch, key):
    monkeypatch.setenv("MY_KEY", key)
    with ModelServer() as server, pytest.raises(SettingsError, match="MY_KEY holds no key") as error:
        asked(server.url, api_key_env="MY_KEY")
    assert "sk" not in str(error.value)
    assert server.asked == []


def test_the_proxy_of_the_environment_is_used(asked, monkeypatch):
    with ModelServer(lambda _: completion("Hi")) as server:
        monkeypatch.setenv("http_proxy", server.url.replace("//", "//me:pass@").removesuffix("/v1"))
        (reply,) = asked("http://model.invalid/v1")
        monkeypatch.setenv("no_proxy", "model.invalid")
        (error,) = asked("http://model.invalid/v1")
    assert reply.text == "Hi"
    assert [headers["host"] for headers in server.headers] == ["model.invalid"] * 2, "models, completion"
    assert {headers["proxy-authorization"] for headers in server.headers} == {aiohttp.encode_basic_auth("me", "pass")}
    assert type(error) is AwayError


def test_a_proxy_that_is_away_or_refuses_is_named_without_its_password(asked, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://me:hidden@127.0.0.1:{port}")
    (away,) = asked("https://model.invalid/v1", timeout=LATE)

    def refusing(connection: socket.socket, _: int) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")

    with RawServer(refusing) as server:
        monkeypatch.setenv("https_proxy", f"http://me:hidden@127.0.0.1:{server.port}")
        (refused,) = asked("https://model.invalid/v1", timeout=LATE)
    assert [type(error) for error in (away, refused)] == [AwayError, AwayError]
    assert "407 Who are you" in str(refused)
    assert "hidden" not in f"{away} {refused}"


def test_a_proxy_that_is_no_http_proxy_is_a_fault_of_the_settings(asked, monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(SettingsError, match="no HTTP proxy"):
        asked("http://127.0.0.1:1/v1")


def test_a_proxy_without_a_scheme_is_an_http_proxy(monkeypatch):
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    assert proxy("https://host/v1") == "http://proxy.example:3128"
    assert proxy("https://127.0.0.1:8000/v1") is None


def test_a_connection_must_stand_well_before_the_call_is_over():
    assert [connect_timeout(seconds) for seconds in (1.0, 30.0, 600.0)] == [0.5, 15.0, 15.0]


@pytest.fixture(params=["direct", "openai"])
def got(request, monkeypatch) -> Callable[..., Answer | BaseException]:
    """What is at a path of this server, with a key."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("MY_KEY", "k3y-0123456789")

    def get(url: str, path: str) -> Answer | BaseException:
        async def go() -> Answer | BaseException:
            provider = OpenAIProvider(model="m", base_url=url, client=request.param, api_key_env="MY_KEY")
            await provider.open(NoEyes())
            try:
                return await provider.got(f"{url.removesuffix('/v1')}{path}")
            except AskError as error:
                return error
            finally:
                await provider.close()

        return asyncio.run(go())

    return get


def test_a_page_is_got_with_the_key(got, server):
    server.pages["/v1/models"] = Answer({"data": []}, headers={"X-Mine": "1"})
    answer = got(server.url, "/v1/models")
    assert (answer.status, json.loads(answer.body), answer.headers["x-mine"]) == (200, {"data": []}, "1")
    assert server.headers[-1]["authorization"] == "Bearer k3y-0123456789"
    answer = got(server.url, "/props")
    assert (answer.status, server.paths) == (404, ["/v1/models", "/props"])


def test_a_page_is_got_from_nobody_else(got, server):
    """A redirection would take the key along."""
    server.pages["/v1/models"] = Answer({}, 302, {"Location": f"{server.url}/elsewhere"})
    assert got(server.url, "/v1/models").status == 302
    assert server.paths == ["/v1/models"]


def test_a_page_that_cannot_be_got(got, monkeypatch):
    assert isinstance(got("http://127.0.0.1:1/v1", "/v1/models"), AwayError)

    def half(connection: socket.socket, _: int) -> None:
        connection.recv(65536)
        connection.sendall(CHUNKED + b"28\r\nabc")

    with RawServer(half) as raw:
        assert "no whole reply" in str(got(raw.url, "/v1/models")) or "dropped" in str(got(raw.url, "/v1/models"))
    monkeypatch.setattr("curate.served.SOON", 0.2)
    with ModelServer() as slow:
        slow.pages["/v1/models"] = Answer({}, delay=LATE / 10)
        assert "did not answer within 0.2 s" in str(got(slow.url, "/v1/models"))
