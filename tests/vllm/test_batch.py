"""`vllm run-batch` takes the bodies that are sent to a server, and one bad row costs itself only."""

import asyncio
import json
import os
import subprocess

from curate.media.eyes import Eyes
from curate.providers.openai import OpenAIProvider
from curate.wire import read
from tests.media.media_samples import encode
from tests.vllm.serving import ENVIRONMENT, MODELS, SEEING, TRUSTING, VLLM, flags
from tests.vllm.test_transports import question

MODEL = "qwen2_5_vl"


def bodies(clip) -> list[dict]:
    """A question about each of three stretches of the clip."""

    async def go() -> list[bytes]:
        eyes = Eyes(workers=1)
        provider = OpenAIProvider(model=MODEL, video="jpeg_sequence")
        try:
            await provider.open(eyes)
            asked = [await question(eyes, clip, tuple(range(n, n + 4))) for n in range(3)]
            found = [await provider.body(request) for request in asked]
            await provider.close()
        finally:
            eyes.close()
        return found

    return [json.loads(body) for body in asyncio.run(go())]


def test_run_batch_answers_the_same_bodies_and_a_bad_row_costs_itself_only(tmp_path):
    clip = encode(tmp_path / "clip.mp4", [40 * i for i in range(12)], size=(112, 84))
    rows = [
        {"custom_id": str(n), "method": "POST", "url": "/v1/chat/completions", "body": body}
        for n, body in enumerate(bodies(clip))
    ]
    rows[1]["body"]["messages"] = [{"role": "user", "content": "word " * 9000}]
    asked, answered = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    asked.write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = ["--input-file", str(asked), "--output-file", str(answered)]
    model = ["--model", str(MODELS / MODEL), "--served-model-name", MODEL]
    ran = subprocess.run(
        [str(VLLM), "run-batch", *files, *model, *flags(SEEING | TRUSTING)],
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = {row["custom_id"]: row for row in map(json.loads, answered.read_text().splitlines())}
    assert sorted(found) == ["0", "1", "2"]
    assert [found[n]["response"]["status_code"] for n in ("0", "1", "2")] == [200, 400, 200]
    reply = read(json.dumps(found["0"]["response"]["body"]).encode())
    assert reply.completion_tokens == 2
    assert reply.prompt_tokens > 0
