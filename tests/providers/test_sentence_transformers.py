"""The real package where it is installed (it brings torch, so CI does without), and what is said where it is not."""

import asyncio
import sys

import pytest

from curate.chat import Message, Request, Text
from curate.errors import FatalError, SettingsError
from curate.providers.sentence_transformers import SentenceTransformersProvider


def ask(provider, *pair):
    async def go():
        await provider.open(None)
        try:
            messages = tuple(Message("user", (Text(text),)) for text in pair)
            return await provider.ask(Request("similarity", messages, 1))
        finally:
            await provider.close()

    return asyncio.run(go())


def tiny(folder):
    """A real model of the package, made here: words are looked up, and no weights are downloaded."""
    package = pytest.importorskip("sentence_transformers")
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    package.SentenceTransformer(modules=[modules.BoW(["cat", "dog", "red"])], device="cpu").save(str(folder))
    return SentenceTransformersProvider(model=str(folder), device="cpu")


@pytest.mark.parametrize(
    ("one", "other", "cosine"), [("cat dog", "dog cat", 1.0), ("cat dog", "cat red", 0.5), ("cat", "red", 0.0)]
)
def test_the_cosine_of_a_real_model(tmp_path, one, other, cosine):
    assert float(ask(tiny(tmp_path / "bow"), one, other).text) == pytest.approx(cosine)


def test_a_model_that_cannot_be_loaded(tmp_path):
    pytest.importorskip("sentence_transformers")
    with pytest.raises(SettingsError, match=r"sentence-transformers cannot load '/.*nothing'"):
        ask(SentenceTransformersProvider(model=str(tmp_path / "nothing")), "a", "b")


def test_what_it_lacks_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(SettingsError, match=r"pip install 'curate\[sentence-transformers\]'"):
        ask(SentenceTransformersProvider(model="m"), "a", "b")


def test_one_that_is_not_open_says_so():
    with pytest.raises(FatalError, match="m is not open"):
        asyncio.run(SentenceTransformersProvider(model="m").ask(Request("similarity", (), 1)))
