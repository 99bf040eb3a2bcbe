"""`curate doctor --probe`: what it asks servers of each kind, over real HTTP, and what it says of them."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from curate import assets
from curate.chat import Message, Request, Text
from curate.checkup import Finding, Wanted
from curate.doctor import asked
from curate.providers.embedded import EmbeddedProvider, packaged
from curate.providers.openai import OpenAIProvider
from curate.structure import WORDS
from tests.server import Answer, ModelServer, completion, failure
from tests.workplace import Workplace

TILE = 50  # tokens of a picture


def pictures(body: dict[str, Any]) -> tuple[int, int]:
    """How many pictures a request shows, and how many frames of videos."""
    parts = [part for m in body["messages"] if isinstance(m["content"], list) for part in m["content"]]
    videos = [part["video_url"]["url"] for part in parts if part["type"] == "video_url"]
    return sum(part["type"] == "image_url" for part in parts), sum(url.count(",") for url in videos)


def counted(body: dict[str, Any], answer: Answer, frames: int = 0, cached: int = 0) -> Answer:
    """The answer with the tokens of this request."""
    texts = sum(len(json.dumps(m["content"])) for m in body["messages"] if isinstance(m["content"], str))
    usage = {"prompt_tokens": texts // 4 + TILE * frames, "completion_tokens": 3}
    answer.body["usage"] = usage | {"prompt_tokens_details": {"cached_tokens": cached}}
    return answer


def shaped(body: dict[str, Any]) -> Answer:
    kept = body.get("response_format", {}).get("type") == "json_schema"
    return completion(json.dumps({"lantern": WORDS[0]}) if kept else "OK")


class Vllm:
    """Takes 16 pictures and, if it trusts requests, JPEG sequences; of these 32 frames unless it is told otherwise."""

    def __init__(self, trusting: bool = True, deaf: bool = False, most: int = 16) -> None:
        self.trusting, self.deaf, self.most = trusting, deaf, most
        self.seen: set[str] = set()

    def __call__(self, body: dict[str, Any]) -> Answer:
        images, frames = pictures(body)
        if images > self.most:
            return failure(400, f"At most {self.most} image(s) may be provided in one prompt.")
        if "media_io_kwargs" in body and not self.trusting:
            return failure(400, "media_io_kwargs is not allowed: start with --trust-request-mm-kwargs")
        told = body.get("media_io_kwargs", {}).get("video", {}).get("num_frames")
        if frames and (told != -1 or self.deaf):
            frames = min(frames, 32)
        prompt = json.dumps([body["model"], body["messages"]])
        cached = 64 if prompt in self.seen else 0
        self.seen.add(prompt)
        answer = shaped(body)
        if not frames and "response_format" not in body:
            answer = completion("OK", reasoning="The user wants OK.")
        return counted(body, answer, images + frames, cached)


def listing(*models: dict[str, Any]) -> Answer:
    return Answer({"object": "list", "data": list(models)})


@pytest.fixture
def vllm() -> Iterator[ModelServer]:
    with ModelServer(Vllm()) as running:
        names = ("captioner-1", "reasoner-1", "reviser-1")
        running.pages["/v1/models"] = listing(*({"id": name, "max_model_len": 32768} for name in names))
        yield running


def probed(place: Workplace, model: str = "captioner") -> dict[str, Finding]:
    """What is said of this model, by what it is about."""

    async def every() -> list[Finding]:
        return [finding async for finding in asked(place.toml)]

    found = {finding.about: finding for finding in asyncio.run(every())}
    return {about.partition(": ")[2]: finding for about, finding in found.items() if about.startswith(f"{model}: ")}


def test_without_probe_nothing_is_sent(place, server):
    ran = place.run("doctor")
    assert (ran.code, server.paths) == (0, [])
    assert "the models' servers were not asked: --probe does" in ran.err


def test_the_command_prints_a_row_for_each_thing_and_json_has_it_all(tmp_path, vllm):
    place = Workplace(tmp_path, vllm.url).settings(stages="max_tokens = 4096")
    whole = place.toml.read_text()
    place.toml.write_text(whole.replace("[stages.revise]", "[stages.revise]\nmax_frames = 16"))
    ran = place.run("doctor", "--probe")
    assert ran.code == 0
    assert "ok  captioner: models: serves captioner-1, one of 3\n" in ran.out
    assert f"ok  reviser: images: 16 in a request, {TILE} tokens each at the size tried\n" in ran.out
    place.toml.write_text(whole)  # the reviser is sent 32 frames at once, and this server takes 16
    ran = place.run("doctor", "--probe", "--json")
    found = {finding["about"]: finding for finding in ran.json["findings"]}
    assert found["captioner: context"]["facts"] == {"context": 32768, "max_tokens": 4096}
    assert found["decoder pyav"]["facts"] == {}
    assert [about for about, finding in found.items() if finding["needed"] and not finding["good"]] == [
        "reviser: images"
    ]
    assert ran.code == ran.json["exit"] == 1


def test_a_vllm_server(tmp_path, vllm):
    place = Workplace(tmp_path, vllm.url).settings(stages="max_tokens = 4096")
    found = probed(place)
    assert all(f.good for f in found.values()), found
    assert found["models"].told == "serves captioner-1, one of 3"
    assert found["context"].told.startswith("32,768 tokens; max_tokens = 4096 leaves 28,672")
    assert found["context"].facts == {"context": 32768, "max_tokens": 4096}
    assert found["reasoning"].told == "tells thinking in reasoning"
    assert found["prefix cache"].facts["cached_tokens"] == 64
    assert found["JSON"].facts == {"json_mode": "json_schema", "set": "auto"}
    assert found["images"].told == f"16 in a request, {TILE} tokens each at the size tried"
    assert found["video"].facts["jpeg_sequence"] is True
    assert found["video"].told == "a JPEG sequence of 36 takes 1,800 tokens and 40 takes 2,000 tokens"
    assert found["asked"].facts["requests"] == 7
    assert {"models", "answers", "asked"} <= set(found)


def test_every_prompt_of_the_doctor_is_asked_with(tmp_path, vllm, monkeypatch):
    reached, read = set(), assets.text
    monkeypatch.setattr(assets, "text", lambda kind, name: reached.add(name) or read(kind, name))
    probed(Workplace(tmp_path, vllm.url))
    ours = {name for name in reached if name.startswith("doctor/")}
    assert ours == {f"doctor/{file.name}" for file in (assets.folder("prompts") / "doctor").iterdir()}


def test_what_it_takes_is_counted_and_priced(tmp_path, vllm):
    place = Workplace(tmp_path, vllm.url).settings("price_in = 1000.0\nprice_out = 0.0\nprice_cached = 0.0")
    spent = probed(place, "reasoner")["asked"]
    assert spent.facts["requests"] == 3, "a model that is shown nothing is sent no picture"
    assert spent.facts["completion_tokens"] == 9
    assert spent.facts["cost"] == pytest.approx((spent.facts["prompt_tokens"] - 64) / 1000)
    assert spent.told.endswith(f"{spent.facts['cost']:.4f} USD")
    bodies = [body for body in vllm.asked if body["model"] == "reasoner-1"]
    assert len(bodies) == 3
    assert [body["max_tokens"] for body in bodies] == [256, 256, 2048], "the last one may think before its JSON"


def test_the_stages_own_sampling_goes_along(tmp_path, vllm):
    place = Workplace(tmp_path, vllm.url).settings(stages="temperature = 0.5\nseed = 7")
    probed(place)
    bodies = [body for body in vllm.asked if "response_format" not in body]
    assert {(body["temperature"], body["seed"]) for body in bodies} == {(0.5, 7)}


def test_fewer_pictures_than_the_stages_send(tmp_path, vllm):
    """The reviser is sent 32 at once, the captioner a window of 16."""
    found = probed(Workplace(tmp_path, vllm.url), "reviser")
    assert found["images"].needed
    assert not found["images"].good
    assert found["images"].facts == {"images": 16}
    told = "16 in a request at most, and the stages send up to 32: set window and max_frames to 16"
    assert found["images"].told.startswith(told)


def test_a_server_that_trusts_no_request_keeps_images(tmp_path, vllm):
    vllm.answer = Vllm(trusting=False)
    place = Workplace(tmp_path, vllm.url)
    video = probed(place)["video"]
    assert (video.good, video.needed, video.facts) == (True, False, {"jpeg_sequence": False})
    assert "--trust-request-mm-kwargs; it says: HTTP 400: media_io_kwargs is not allowed" in video.told
    video = probed(place.settings('video = "jpeg_sequence"'))["video"]
    assert (video.good, video.needed) == (False, True)


def test_frames_that_are_dropped_are_noticed(tmp_path, vllm):
    vllm.answer = Vllm(deaf=True)
    video = probed(Workplace(tmp_path, vllm.url).settings('video = "jpeg_sequence"'))["video"]
    assert (video.good, video.needed) == (False, True)
    assert video.facts["tokens"] == [1600, 1600]
    assert video.told.endswith('it drops some; keep video = "images"')


def test_a_model_that_sees_only_one_of_the_pictures(tmp_path, vllm):
    vllm.answer = lambda body: counted(body, shaped(body), min(sum(pictures(body)), 1))
    found = probed(Workplace(tmp_path, vllm.url))
    assert not found["images"].good
    assert "16 of them take no more tokens than one (50): it may not look at them" in found["images"].told


def test_a_server_that_counts_no_picture_at_all(tmp_path, vllm):
    """Only the times between them are counted."""

    def blind(body: dict[str, Any]) -> Answer:
        images, _ = pictures(body)
        answer = counted(body, shaped(body))
        answer.body["usage"]["prompt_tokens"] += 7 + 6 * images
        return answer

    vllm.answer = blind
    found = probed(Workplace(tmp_path, vllm.url))
    assert not found["images"].good
    assert found["images"].told == (
        "16 in a request, 6 tokens each, as the words between them take alone: pictures do not count, and it may not "
        "look at them"
    )
    assert (found["video"].good, found["video"].needed) == (False, False)
    assert "no more than one picture: pictures do not count" in found["video"].told


@pytest.mark.parametrize(("pixels", "fits"), [(50176, True), (401408, False)])
def test_what_a_prompt_may_take_is_reckoned_from_pictures_that_were_counted(tmp_path, vllm, pixels, fits):
    """Of this size most models count no more than they did of the small ones that were tried."""
    vllm.pages["/v1/models"] = listing({"id": "captioner-1", "max_model_len": 6000})
    place = Workplace(tmp_path, vllm.url).settings(stages="max_tokens = 1024")
    place.toml.write_text(
        place.toml.read_text().replace("[stages.caption]", f"[stages.caption]\nmax_pixels = {pixels}")
    )
    context = probed(place)["context"]
    assert context.good is fits, context.told
    vllm.answer = lambda body: counted(body, shaped(body), 400 * sum(pictures(body)) // TILE)
    assert not probed(place)["context"].good, "pictures that take more than most were counted"


def test_a_context_that_is_too_short(tmp_path, vllm):
    vllm.pages["/v1/models"] = listing({"id": "captioner-1", "max_model_len": 8192})
    found = probed(Workplace(tmp_path, vllm.url))
    assert not found["context"].good
    assert "max_tokens = 8192 leaves 0 of them for a prompt, and one may take 8,000: lower" in found["context"].told


def test_a_text_stage_wants_room_for_its_prompt_too(tmp_path, vllm):
    vllm.pages["/v1/models"] = listing({"id": "reasoner-1", "max_model_len": 8192})
    context = probed(Workplace(tmp_path, vllm.url), "reasoner")["context"]
    assert not context.good
    assert "leaves 0 of them for a prompt, and one may take 1,000: lower max_tokens" in context.told


def test_of_a_model_that_no_stage_asks_the_context_is_told(tmp_path, vllm):
    vllm.pages["/v1/models"] = listing({"id": "idle", "max_model_len": 8192})
    more = f'[models.idle]\npreset = "vllm"\nmodel = "idle"\nbase_url = "{vllm.url}"\n'
    assert probed(Workplace(tmp_path, vllm.url).settings(more=more), "idle")["context"].told == "8,192 tokens"


def test_a_narrow_context_gets_a_short_question(tmp_path, vllm):
    vllm.pages["/v1/models"] = listing({"id": "reasoner-1", "max_model_len": 2048})
    probed(Workplace(tmp_path, vllm.url), "reasoner")
    longest = {
        model: max(len(body["messages"][0]["content"]) for body in vllm.asked if body["model"] == model)
        for model in ("reasoner-1", "reviser-1")
    }
    assert longest["reasoner-1"] < 500
    assert longest["reviser-1"] > 4 * 1024


def test_a_prompt_that_is_too_long_for_an_unknown_context_is_made_short(place, server):
    def narrow(body: dict[str, Any]) -> Answer:
        if len(json.dumps(body)) > 2000:
            return failure(
                400, "This model's maximum context length is 512 tokens. Please reduce the length of the prompt."
            )
        return counted(body, shaped(body))

    server.answer = narrow
    found = probed(place, "reasoner")
    assert found["answers"].good
    assert found["asked"].facts["requests"] == 5


def test_a_hosted_api_that_keeps_its_thinking(place, server, monkeypatch):
    """OpenAI: no context in its list, limits in its headers, thinking only counted."""

    def hosted(body: dict[str, Any]) -> Answer:
        assert "max_tokens" not in body
        if sum(pictures(body)) and pictures(body)[1]:
            return failure(400, "Invalid content type. image_url is only supported by certain models.")
        answer = counted(body, shaped(body), sum(pictures(body)))
        answer.body["usage"]["completion_tokens_details"] = {"reasoning_tokens": 64}
        answer.headers = {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-tokens": "29000"}
        return answer

    server.answer = hosted
    server.pages["/v1/models"] = listing({"id": "gpt-5-mini"}, {"id": "captioner-1"})
    place.settings('preset = "openai"')
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    found = probed(place)
    assert found["preset"].told.startswith("OpenAI, as its documents say, not tried. Models that reason keep")
    assert found["answers"].told.endswith("takes the key in OPENAI_API_KEY")
    assert found["context"].told == "its length is not told"
    assert found["reasoning"].facts == {"reasoning": "hidden"}
    assert "set structured = true for draft" in found["reasoning"].told
    assert found["rates"].facts == {"limit-requests": "500", "remaining-tokens": "29000"}
    assert {head.get("authorization") for head in server.headers} == {"Bearer sk-0123456789"}


def test_what_it_refuses_is_told_in_its_words(place, server):
    """A model that reasons wants no temperature."""
    server.answer = lambda _: failure(400, "Unsupported parameter: 'temperature' is not supported with this model.")
    found = probed(place.settings(stages="temperature = 0.1"))
    assert found["answers"].needed
    assert "'temperature' is not supported" in found["answers"].told
    assert set(found) == {"models", "answers", "asked"}, "nothing more is asked"
    assert found["asked"].facts["requests"] == 1


def test_a_key_that_is_refused_or_missing(place, server, monkeypatch):
    monkeypatch.setenv("DEEPSEEK_API_KEY", "k" * 20)
    server.answer = lambda _: failure(401, "Incorrect API key provided: kkkk")
    place.settings('preset = "deepseek"')
    answers = probed(place)["answers"]
    assert not answers.good
    assert "refuses the key (401): check DEEPSEEK_API_KEY" in answers.told
    sent = len(server.paths)
    monkeypatch.delenv("DEEPSEEK_API_KEY")
    found = probed(place)
    assert found["key"].told == "the environment variable DEEPSEEK_API_KEY is not set: it must hold the key"
    assert found["key"].needed
    assert len(server.paths) == sent, "without a key nothing is sent"


def test_the_key_is_nowhere(place, server, monkeypatch):
    secret = "s3cret-0123456789"
    monkeypatch.setenv("DEEPSEEK_API_KEY", secret)
    server.answer = lambda _: failure(401, f"Incorrect API key provided: {secret}")
    server.pages["/v1/models"] = failure(401, f"Incorrect API key provided: {secret}")
    found = probed(place.settings('preset = "deepseek"'))
    assert "Incorrect API key provided: [key]" in found["answers"].told
    assert secret not in repr(found)


def test_a_model_that_is_not_listed_names_the_nearest(place, server):
    server.pages["/v1/models"] = listing({"id": "captioner-2"}, {"id": "other"})
    models = probed(place)["models"]
    assert models.facts == {"models": 2, "listed": False}
    assert models.told == "does not list 'captioner-1'; did you mean 'captioner-2'?"
    server.pages["/v1/models"] = listing(*({"id": f"{n} thing"} for n in range(40)))
    assert probed(place)["models"].told == "does not list 'captioner-1'"


@pytest.mark.parametrize(
    ("setting", "good", "told"),
    [
        ("", True, "no schema is kept to, json_object is what works, with the schema in the prompt"),
        ('json_mode = "json_object"', True, "no schema is kept to, json_object is what works"),
        ('json_mode = "text"', True, "no schema is kept to, json_object is what works"),
        ('json_mode = "json_schema"', False, 'in the prompt: set json_mode = "json_object", or "auto"'),
    ],
)
def test_how_json_can_be_asked_for(place, server, setting, good, told):
    """DeepSeek refuses a schema, and takes no notice of vLLM's field."""

    def json_only(body: dict[str, Any]) -> Answer:
        kind = body.get("response_format", {}).get("type")
        if kind == "json_schema":
            return failure(400, "This response_format type is unavailable now")
        return counted(body, completion('{"greeting": "hello"}' if kind else "OK"))

    server.answer = json_only
    found = probed(place.settings(setting), "reasoner")
    assert found["JSON"].good == good
    assert told in found["JSON"].told
    assert found["JSON"].facts["json_mode"] == "json_object"
    assert found["asked"].facts["requests"] == 5


def test_a_list_that_is_none(place, server):
    server.pages["/v1/models"] = Answer(b"<html>")
    assert probed(place)["models"].told == "can be reached; does not tell which it serves"


def test_ollama_tells_its_context_once_the_model_is_loaded(place, server):
    def loading(body: dict[str, Any]) -> Answer:
        loaded = {"name": body["model"] + ":latest", "context_length": 4096}
        server.pages["/api/ps"] = Answer({"models": [loaded]})
        return counted(body, completion("OK", reasoning="hm"), sum(pictures(body)))

    server.answer = loading
    server.pages["/v1/models"] = listing({"id": "captioner-1:latest"})
    server.pages["/api/ps"] = Answer({"models": []})
    found = probed(place.settings('preset = "ollama"'))
    assert found["models"].good
    assert found["context"].facts["context"] == 4096
    assert "Cuts a prompt that is longer than its context without a word" in found["preset"].told
    assert found["reasoning"].facts == {"reasoning": "reasoning"}
    assert found["JSON"].told == "no schema is kept to, text is what works, with the schema in the prompt"


def test_nobody_is_there(place, server):
    place.settings().toml.write_text(place.toml.read_text().replace(server.url, "http://127.0.0.1:1/v1"))
    found = probed(place)
    assert set(found) == {"server"}, "and so it costs nothing"
    assert found["server"].needed
    assert "cannot reach http://127.0.0.1:1/v1: Connection refused: start it, or set base_url" in found["server"].told


def test_a_server_that_never_answers_holds_nobody_up(place, server, monkeypatch):
    monkeypatch.setattr("curate.served.SOON", 0.2)
    server.pages["/v1/models"] = Answer({}, delay=5.0)
    found = probed(place)
    assert set(found) == {"server"}
    assert found["server"].told == f"{server.url} did not answer within 0.2 s: try again"
    assert server.asked == []


def test_a_question_that_is_never_answered_is_the_last(place, server, monkeypatch):
    monkeypatch.setattr("curate.providers.openai.LATE", 0.2)
    server.answer = lambda _: Answer({}, delay=5.0)
    found = probed(place)
    assert found["server"].told == f"{server.url} did not answer within 0.2 s: try again"
    assert found["asked"].facts["requests"] == 1


def test_a_server_that_goes_away_meanwhile(place, server):
    def dying(body: dict[str, Any]) -> Answer:
        return Answer(b"", hang_up=True) if sum(pictures(body)) else counted(body, shaped(body))

    server.answer = dying
    found = probed(place)
    assert found["JSON"].good
    assert "dropped the connection" in found["server"].told
    assert "images" not in found
    assert found["asked"].facts["requests"] == 4


def test_a_server_that_has_had_enough_is_left_alone(place, server):
    server.answer = lambda _: failure(429, "Rate limit reached", retry_after="20")
    found = probed(place)
    assert found["server"].told == "HTTP 429: Rate limit reached: try again"
    assert found["asked"].facts["requests"] == 1
    assert len(server.asked) == 3, "once for each model"


def test_a_reply_that_is_none(place, server):
    server.answer = lambda _: Answer({"error": {"message": "model is loading"}})
    answers = probed(place)["answers"]
    assert not answers.good
    assert answers.told == "the server's reply is an error: model is loading"


def test_models_without_a_server_are_asked_nothing(place, server):
    more = '[models.words]\nprovider = "sentence-encoder"\n'
    assert probed(place.settings(more=more), "words") == {}
    assert server.asked


def test_an_embedding_model_is_asked_to_compare_once(place, server):
    vectors = {"data": [{"embedding": [1.0, 0.0]}, {"embedding": [0.6, 0.8]}]}
    server.answer = lambda body: Answer(vectors) if "input" in body else counted(body, shaped(body))
    more = f'[models.near]\nprovider = "embeddings"\nmodel = "bge"\nbase_url = "{server.url}"\n'
    found = probed(place.settings(more=more), "near")
    assert {about: finding.good for about, finding in found.items()} == {"models": True, "answers": True}
    assert server.paths.count("/v1/embeddings") == 1
    server.answer = lambda body: failure(404, "no model 'bge'")
    assert "cannot serve model 'bge' (404): no model 'bge'" in probed(place, "near")["answers"].told
    server.answer = lambda body: failure(500, "broken")
    assert probed(place, "near")["server"].told == "HTTP 500: broken: try again"


def test_settings_that_cannot_work_ask_nothing(place, server):
    assert probed(place.settings(top='steps = ["captoin"]')) == {}
    assert server.paths == []


class NoEyes:
    """Nothing here is looked at."""


def test_llama_cpp_itself():
    """The real server, on loopback, with a model that sees nothing."""
    pytest.importorskip("xllamacpp", reason="curate[embedded] is not installed")

    async def looked() -> dict[str, Finding]:
        inside = EmbeddedProvider(context=2048, concurrency=1)
        await inside.open(NoEyes())
        assert inside._client is not None
        options = {"preset": "llama.cpp", "model": inside.title, "base_url": inside._client.base_url}
        try:
            provider = OpenAIProvider(**options, thinking=False)
            return {found.about: found async for found in provider.examined(NoEyes(), Wanted(max_tokens=512))}
        finally:
            await inside.close()

    found = asyncio.run(looked())
    assert "tried with llama.cpp" in found["preset"].told
    assert found["models"].facts == {"models": 1, "listed": True}
    assert found["answers"].good
    assert found["context"].facts == {"context": 2048, "max_tokens": 512}
    assert found["reasoning"].facts == {"reasoning": ""}
    assert found["prefix cache"].facts["cached_tokens"] > 50
    assert found["JSON"].facts["json_mode"] == "json_schema"
    assert found["asked"].facts["requests"] == 3


TEMPLATE = (
    "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    "{% if enable_thinking %}think{% else %}" + "do not think " * 20 + "{% endif %}"
    "{% if reasoning_effort %}" + "effort " * 50 + "{{ reasoning_effort }}{% endif %}"
)


def test_the_switches_reach_the_chat_template_of_llama_cpp():
    """The real server, with a template that shows what it is told by the number of its tokens."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="curate[embedded] is not installed")
    params = xllamacpp.CommonParams()
    params.model.path, params.hostnames, params.port = str(packaged()), ["127.0.0.1"], 0
    params.n_parallel, params.n_ctx, params.cpuparams.n_threads = 1, 1024, 1
    params.use_jinja, params.chat_template, params.verbosity = True, TEMPLATE, -1
    server = xllamacpp.Server(params)

    async def tokens(**options: object) -> int:
        url = f"{server.listening_address}/v1"
        provider = OpenAIProvider(model="m", preset="llama.cpp", base_url=url, **options)
        await provider.open(NoEyes())
        try:
            return (await provider.ask(Request("x", (Message("user", (Text("Hello?"),)),), 1))).prompt_tokens
        finally:
            await provider.close()

    thinking, not_thinking = asyncio.run(tokens(thinking=True)), asyncio.run(tokens(thinking=False))
    assert not_thinking - thinking > 40
    assert asyncio.run(tokens(thinking=True, effort="low")) - thinking > 40
