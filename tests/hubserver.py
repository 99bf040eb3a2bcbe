"""A real, small Hugging Face Hub on loopback: repositories of data sets that the real clients create, fill and read.

It keeps what a test wants to know (every request, how often each object was uploaded) and fails as it is told.
"""

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from huggingface_hub import DatasetCardData

from tests.running import Running

WRITE, READ, OTHER = "hf_WriteWriteWriteWrite", "hf_ReadReadReadReadRead", "hf_OtherOtherOtherOther"
ROLES = {WRITE: "write", READ: "read", OTHER: "write"}
RIGHTS = {WRITE: {"owner"}, OTHER: {"other"}}
LICENSES = {"apache-2.0", "mit", "cc-by-4.0", "other", "unknown"}
SIGNED = "X-Amz-Signature=5ec2e7"  # what must not be shown of an address


@dataclass(frozen=True)
class File:
    """A file of a commit: its bytes, and whether they lie with the large ones."""

    data: bytes
    large: bool

    @property
    def blob(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.data) + self.data).hexdigest()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.blob


@dataclass
class Repo:
    """A data set: its commits, oldest first, as (id, title, files)."""

    private: bool
    commits: list[tuple[str, str, dict[str, File]]] = field(default_factory=list)

    def add(self, title: str, files: dict[str, File]) -> str:
        parts = [f"{len(self.commits)} {title}", *(f"{path} {file.etag}" for path, file in sorted(files.items()))]
        commit = hashlib.sha1("\n".join(parts).encode()).hexdigest()
        self.commits.append((commit, title, files))
        return commit

    @property
    def head(self) -> str:
        return self.commits[-1][0]

    @property
    def files(self) -> dict[str, File]:
        return self.commits[-1][2]

    def at(self, revision: str) -> tuple[str, dict[str, File]] | None:
        if revision in ("main", "refs/heads/main"):
            return self.head, self.files
        return next(((commit, files) for commit, _, files in self.commits if commit == revision), None)


@dataclass
class Fault:
    """What goes wrong `times` times with requests whose "METHOD path" matches.

    A number is a status; "drop" hangs up instead of doing anything, "lost" after it was done.
    """

    where: str
    kind: int | str
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "<html>go away</html>"


class RefusedError(Exception):
    """An answer with an error's status, as the Hub gives it."""

    def __init__(self, status: int, code: str = "", message: str = "", body: Any = None) -> None:
        self.status, self.body = status, body if body is not None else {"error": message}
        self.headers = {"X-Error-Code": code, "X-Error-Message": message}


class HubServer(Running):
    """The Hub; `repos` by OWNER/NAME, `objects` by SHA-256, `uploads` counts what was really received.

    `before` is called with each request before it is answered; paths in `ignored` are left out of commits.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.uploads: Counter[str] = Counter()
        self.requests: list[str] = []
        self.tokens: set[str] = set()
        self.faults: list[Fault] = []
        self.ignored: set[str] = set()
        self.before: Callable[[str], None] = lambda request: None
        self._lock = threading.RLock()
        super().__init__(self._handler())

    def writes(self) -> list[str]:
        """The requests that change something."""
        return [r for r in self.requests if re.match(r"PUT|POST \S*(repos/create|/preupload/|/batch|/commit/)", r)]

    def fault(self, request: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.times and re.search(fault.where, request):
                    fault.times -= 1
                    return fault
        return None

    # What is asked, by method and path; each is handed the match, the request and whose it is.

    def whoami(self, found: Any, asked: Any) -> Any:
        role = ROLES.get(asked.token)
        if role is None:
            raise RefusedError(401, message="Invalid username or password.")
        return {"name": "owner", "type": "user", "orgs": [], "auth": {"accessToken": {"role": role}}}

    def validate(self, found: Any, asked: Any) -> Any:
        errors = faults_of(asked.json["content"])
        if errors:
            raise RefusedError(400, body={"errors": [{"message": e} for e in errors], "warnings": []})
        return {"errors": [], "warnings": []}

    def create(self, found: Any, asked: Any) -> Any:
        assert asked.json["type"] == "dataset"
        name = f"{asked.json['organization']}/{asked.json['name']}"
        asked.may_write(name)
        if name in self.repos:
            raise RefusedError(409, body={"error": "You already created this", "url": f"{self.url}/datasets/{name}"})
        private = asked.json.get("visibility") == "private" or bool(asked.json.get("private"))
        self.repos[name] = Repo(private)
        self.repos[name].add("initial commit", {".gitattributes": File(b"*.parquet filter=lfs\n", False)})
        return {"url": f"{self.url}/datasets/{name}"}

    def info(self, found: Any, asked: Any) -> Any:
        repo, commit, files = self._at(found, asked)
        siblings = [{"rfilename": path} for path in files]
        return {"id": found["name"], "sha": commit, "private": repo.private, "siblings": siblings, "tags": []}

    def preupload(self, found: Any, asked: Any) -> Any:
        asked.may_write(found["name"])
        _, _, files = self._at(found, asked)
        told = []
        for wanted in asked.json["files"]:
            path = wanted["path"]
            assert wanted.keys() >= {"sample", "size"}
            large = path.endswith(".parquet")
            old = {"oid": files[path].etag} if path in files else {}
            told.append(
                {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": path in self.ignored, **old}
            )
        return {"files": told}

    def batch(self, found: Any, asked: Any) -> Any:
        asked.may_write(found["name"])
        told = []
        for wanted in asked.json["objects"]:
            upload = {"href": f"{self.url}/storage/{wanted['oid']}?{SIGNED}"}
            fresh = {} if wanted["oid"] in self.objects else {"actions": {"upload": upload}}
            told.append({**wanted, **fresh})
        return {"transfer": "basic", "objects": told}

    def store(self, found: Any, asked: Any) -> Any:
        assert asked.headers.get("Authorization") is None
        if hashlib.sha256(asked.body).hexdigest() != found["oid"]:
            raise RefusedError(400, message="not what was announced")
        self.uploads[found["oid"]] += 1
        self.objects[found["oid"]] = asked.body
        return {}

    def commit(self, found: Any, asked: Any) -> Any:
        name = found["name"]
        asked.may_write(name)
        repo, _, old = self._at(found, asked)
        files = dict(old)
        lines = [json.loads(line) for line in asked.body.splitlines()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if header.get("parentCommit") not in (None, repo.head):
            raise RefusedError(412, message="A commit has happened since. Please refresh and try again.")
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = File(base64.b64decode(value["content"]), False)
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.objects:
                    raise RefusedError(400, message="an object is missing")
                files[value["path"]] = File(self.objects[value["oid"]], True)
            elif line["key"] == "deletedFile":
                if value["path"] not in files:
                    raise RefusedError(404, "EntryNotFound", "A file with this name doesn't exist")
                del files[value["path"]]
        commit = repo.add(header["summary"], files)
        return {"commitUrl": f"{self.url}/datasets/{name}/commit/{commit}", "commitOid": commit, "success": True}

    def tree(self, found: Any, asked: Any) -> Any:
        _, _, files = self._at(found, asked)
        below = f"{found['path']}/" if found["path"] else ""
        inside = [path for path in files if path.startswith(below)]
        if below and not inside:
            raise RefusedError(404, "EntryNotFound", "no such folder")
        deep = asked.query.get("recursive", [""])[0].lower() in ("true", "1")
        folders = {below + path[len(below) :].split("/")[0] for path in inside if "/" in path[len(below) :]}
        shown = [path for path in inside if deep or "/" not in path[len(below) :]]
        made = [{"type": "directory", "path": folder, "oid": "0" * 40, "size": 0} for folder in sorted(folders)]
        return made + [entry(path, files[path]) for path in shown]

    def paths(self, found: Any, asked: Any) -> Any:
        _, _, files = self._at(found, asked)
        wanted = asked.json["paths"]
        return [entry(path, files[path]) for path in wanted if path in files]

    def refs(self, found: Any, asked: Any) -> Any:
        repo, _, _ = self._at({"name": found["name"], "rev": "main"}, asked)
        branch = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.head}
        return {"branches": [branch], "tags": [], "converts": []}

    def history(self, found: Any, asked: Any) -> Any:
        repo, _, _ = self._at(found, asked)
        date = "2025-01-01T00:00:00.000Z"
        return [{"id": c, "title": t, "message": "", "authors": [], "date": date} for c, t, _ in repo.commits[::-1]]

    def _at(self, found: Any, asked: Any) -> tuple[Repo, str, dict[str, File]]:
        repo = self.repos.get(found["name"])
        if asked.token is not None and asked.token not in ROLES:
            raise RefusedError(401, message="Invalid credentials in Authorization header")
        if repo is None or (repo.private and found["name"].split("/")[0] not in RIGHTS.get(asked.token, set())):
            raise RefusedError(401 if asked.token is None else 404, "RepoNotFound", "Repository not found")
        at = repo.at(unquote(found["rev"] or "main"))
        if at is None:
            raise RefusedError(404, "RevisionNotFound", "Invalid rev id")
        return repo, *at

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

            def do_GET(self) -> None:
                self.handle_any()

            do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 - the names are http.server's

            def handle_any(self) -> None:
                self.body = self._read()
                split = urlsplit(self.path)
                self.query = parse_qs(split.query)
                self.token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
                request = f"{self.command} {split.path}"
                with hub._lock:
                    hub.requests.append(request)
                    hub.tokens |= {self.token} if self.token else set()
                hub.before(request)
                fault = hub.fault(request)
                if fault is not None and fault.kind != "lost":
                    self.fail(fault)
                    return
                try:
                    with hub._lock:
                        answer = self.answer(split.path)
                except RefusedError as refused:
                    self.send(refused.status, json.dumps(refused.body).encode(), refused.headers)
                    return
                if fault is not None:
                    self.close_connection = True
                elif answer is not None:
                    self.send(200, json.dumps(answer).encode(), {})

            def _read(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                data = b""
                while size := int(self.rfile.readline(), 16):
                    data += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return data

            def answer(self, path: str) -> Any:
                for method, pattern, ask in ROUTES:
                    found = re.fullmatch(pattern, path)
                    if found and method == self.command:
                        return getattr(hub, ask)(found, self)
                if found := re.fullmatch(r"/datasets/(?P<name>[^/]+/[^/]+)/resolve/(?P<rev>[^/]+)/(?P<path>.+)", path):
                    self.resolve(found)
                    return None
                raise RefusedError(404, message=f"no such place: {path}")

            @property
            def json(self) -> Any:
                return json.loads(self.body)

            def may_write(self, name: str) -> None:
                if self.token not in ROLES:
                    raise RefusedError(401, message="Invalid username or password.")
                owner = name.split("/")[0]
                if ROLES[self.token] != "write" or owner not in RIGHTS[self.token]:
                    raise RefusedError(403, message=f'You don\'t have the rights under the namespace "{owner}"')

            def resolve(self, found: Any) -> None:
                _, commit, files = hub._at(found, self)
                file = files.get(unquote(found["path"]))
                if file is None:
                    raise RefusedError(404, "EntryNotFound", "Entry not found")
                headers = {"ETag": f'"{file.etag}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
                if file.large:
                    headers |= {"X-Linked-Size": str(len(file.data)), "X-Linked-Etag": f'"{file.sha256}"'}
                span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
                if span is None:
                    self.send(200, file.data, headers)
                    return
                first, last = int(span[1]), min(int(span[2] or len(file.data) - 1), len(file.data) - 1)
                headers["Content-Range"] = f"bytes {first}-{last}/{len(file.data)}"
                self.send(206, file.data[first : last + 1], headers)

            def fail(self, fault: Fault) -> None:
                if isinstance(fault.kind, int):
                    self.send(fault.kind, fault.body.encode(), fault.headers)
                else:
                    self.close_connection = True

            def send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if value:
                        self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

        return Handler


_API = r"/api/datasets/(?P<name>[^/]+/[^/]+)"
_REV = r"(?P<rev>[^/]+)"
ROUTES = [
    ("GET", "/api/whoami-v2", "whoami"),
    ("POST", "/api/validate-yaml", "validate"),
    ("POST", "/api/repos/create", "create"),
    ("GET", rf"{_API}(?P<rev>)", "info"),
    ("GET", rf"{_API}/revision/{_REV}", "info"),
    ("POST", rf"{_API}/preupload/{_REV}", "preupload"),
    ("POST", r"/datasets/(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch", "batch"),
    ("PUT", r"/storage/(?P<oid>[0-9a-f]{64})", "store"),
    ("POST", rf"{_API}/commit/{_REV}", "commit"),
    ("GET", rf"{_API}/tree/{_REV}(?:/(?P<path>.+))?", "tree"),
    ("POST", rf"{_API}/paths-info/{_REV}", "paths"),
    ("GET", rf"{_API}/refs", "refs"),
    ("GET", rf"{_API}/commits/{_REV}", "history"),
]


def entry(path: str, file: File) -> dict[str, Any]:
    """A file as the tree shows it."""
    large = {"lfs": {"oid": file.sha256, "size": len(file.data), "pointerSize": 130}} if file.large else {}
    return {"type": "file", "path": path, "oid": file.blob, "size": len(file.data), **large}


def faults_of(card: str) -> list[str]:
    """What is wrong with a card's front matter: what the Hub checks of it, and what its documentation asks for."""
    found = re.match(r"---\n(.*?)\n---\n", card, re.DOTALL)
    if not found:
        return ["empty or missing yaml metadata in repo card"]
    try:
        values = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        return [str(error)]
    DatasetCardData(**values)
    errors = []
    if values.get("license") not in (None, *LICENSES):
        errors.append(f'"license" must be one of {sorted(LICENSES)}')
    for config in values.get("configs", ()):
        if not re.fullmatch(r"[\w.-]+", config["config_name"]) or not config["data_files"]:
            errors.append('"configs" must have names and files')
    for told in values.get("dataset_info", ()):
        numbers = [told[key] for key in ("download_size", "dataset_size")]
        numbers += [split[key] for split in told["splits"] for key in ("num_bytes", "num_examples")]
        if not all(isinstance(number, int) for number in numbers):
            errors.append('"dataset_info" must have sizes')
    return errors
