import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import curate
from curate.errors import SettingsError
from curate.hub import fetch

PREFIX = "/datasets/owner/name/resolve/main/"
FILES = {"train.jsonl": b'{"problem_id": 1}\n', "data/part-0.jsonl": b'{"problem_id": 2}\n'}
FETCH = """
import json, sys
from curate import hub
from curate.errors import SettingsError
for address in sys.argv[1:]:
    try:
        print(json.dumps(["file", str(hub.fetch(address))]))
    except SettingsError as error:
        print(json.dumps(["error", str(error)]))
"""


class Hub(BaseHTTPRequestHandler):
    """One data set with two files, one of them in a folder."""

    def do_HEAD(self):
        self.respond(body=False)

    def do_GET(self):
        self.respond(body=True)

    def respond(self, body):
        self.server.seen.append((self.command, self.path))
        content = FILES.get(self.path.removeprefix(PREFIX), b"")
        self.send_response(200 if content else 404)
        if content:
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", "c" * 40)
        else:
            self.send_header("X-Error-Code", "EntryNotFound" if self.path.startswith(PREFIX) else "RepoNotFound")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as running:
        running.seen = []
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def fetched(endpoint, home, *addresses, **more):
    """What a fresh process says of these addresses."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_") and "proxy" not in k.lower()}
    done = subprocess.run(
        [sys.executable, "-c", FETCH, *addresses],
        cwd=Path(curate.__file__).parent.parent,
        env=kept | {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"} | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_file_of_a_data_set_is_downloaded_once_into_the_hubs_cache(server, tmp_path):
    endpoint = f"http://127.0.0.1:{server.server_port}"
    train = "hf://datasets/owner/name/train.jsonl"
    first, again, deep, no_file, no_set = fetched(
        endpoint,
        tmp_path,
        train,
        train,
        "hf://datasets/owner/name/data/part-0.jsonl",
        "hf://datasets/owner/name/none.jsonl",
        "hf://datasets/owner/nobody/train.jsonl",
    )
    assert first[0] == deep[0] == "file"
    assert first == again
    assert [Path(found).read_bytes() for _, found in (first, deep)] == list(FILES.values())
    assert Path(first[1]).name == "train.jsonl"
    assert Path(deep[1]).parts[-2:] == ("data", "part-0.jsonl")
    assert tmp_path in Path(first[1]).parents
    downloads = [path for command, path in server.seen if command == "GET" and path.startswith(PREFIX)]
    assert sorted(downloads) == [PREFIX + "data/part-0.jsonl", PREFIX + "train.jsonl"]
    for kind, line in (no_file, no_set):
        assert kind == "error"
        assert "\n" not in line
    assert no_file[1].startswith("input.files: cannot fetch hf://datasets/owner/name/none.jsonl: ")
    assert no_set[1].startswith("input.files: cannot fetch hf://datasets/owner/nobody/train.jsonl: ")


def test_without_the_hub_what_was_fetched_stays_and_the_rest_is_one_line(server, tmp_path):
    endpoint = f"http://127.0.0.1:{server.server_port}"
    train, part = (f"hf://datasets/owner/name/{name}" for name in FILES)
    before = fetched(endpoint, tmp_path, train)
    server.seen.clear()
    after, other = fetched(endpoint, tmp_path, train, part, HF_HUB_OFFLINE="1")
    assert [after] == before
    assert other[0] == "error"
    assert other[1].startswith(f"input.files: cannot fetch {part}: ")
    assert "\n" not in other[1]
    assert server.seen == []


@pytest.mark.parametrize(
    "address", ["hf://datasets/", "hf://datasets/owner", "hf://datasets/owner/name", "hf://datasets/owner/name/"]
)
def test_an_address_without_a_file_is_refused_before_anything_is_sent(address):
    with pytest.raises(SettingsError, match=r"is not hf://datasets/OWNER/NAME/FILE$"):
        fetch(address)


@pytest.mark.parametrize("address", ["hf://datasets/ow ner/name/file", "hf://datasets/owner/na--me/file"])
def test_an_address_that_the_hub_cannot_have_is_one_line(address):
    with pytest.raises(SettingsError, match=r"^input\.files: cannot fetch ") as caught:
        fetch(address)
    assert "\n" not in str(caught.value)
