"""Tiny models with random weights, of the kinds that people serve: their words are noise, their protocol is real.

`python -m tests.vllm.models FOLDER` writes them: a Qwen2.5-VL, a Qwen3-VL and a Qwen3 that thinks. Their tokens are
learned from this repository's own texts, so that nothing is downloaded.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

ROOT = Path(__file__).parent.parent.parent
VOCABULARY = 3000
PICTURE, FILM = "<|image_pad|>", "<|video_pad|>"
BEGIN, END, OVER = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
SEES, SEEN = "<|vision_start|>", "<|vision_end|>"
MARKS = [OVER, BEGIN, END, SEES, SEEN, PICTURE, FILM]  # special: never shown in a reply
THINKS = ["<think>", "</think>"]  # as in Qwen3, these are shown

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}"
    "{% if part.type == 'text' %}{{ part.text }}"
    "{% elif 'video' in part.type %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}<|vision_start|><|image_pad|><|vision_end|>{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)

TEXT = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": True,
}
EYE = {"depth": 2, "hidden_size": 64, "intermediate_size": 128, "num_heads": 4, "out_hidden_size": 128}


def words() -> Tokenizer:
    """Byte pairs of this repository's prompts and documents."""
    tokens = Tokenizer(models.BPE())
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    texts = [path.read_text() for path in sorted([*ROOT.glob("prompts/**/*.md"), *ROOT.glob("docs/*.md")])]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, initial_alphabet=alphabet, show_progress=False)
    tokens.train_from_iterator(texts, trainer)
    tokens.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in MARKS])
    tokens.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in THINKS])
    return tokens


def said(folder: Path, tokens: Tokenizer) -> dict[str, int]:
    """Write the tokenizer; returns what a model's configuration says of its vocabulary."""
    packed = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokens, eos_token=END, pad_token=OVER, model_max_length=32768, chat_template=TEMPLATE
    )
    packed.save_pretrained(folder)
    ends = [tokens.token_to_id(END), tokens.token_to_id(OVER)]
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": ends, "pad_token_id": ends[1]}))
    return {"vocab_size": -(-tokens.get_vocab_size() // 64) * 64, "bos_token_id": ends[1], "eos_token_id": ends[0]}


def marks(tokens: Tokenizer) -> dict[str, int]:
    """Where media stand in a prompt."""
    names = {"vision_start": SEES, "vision_end": SEEN, "image": PICTURE, "video": FILM}
    return {f"{name}_token_id": tokens.token_to_id(mark) for name, mark in names.items()}


def rope(sections: list[int], theta: float, **more: bool) -> dict[str, object]:
    """How positions are told: time, height and width have their shares."""
    return {"rope_type": "default", "mrope_section": sections, "rope_theta": theta, **more}


def qwen2_5_vl(folder: Path, tokens: Tokenizer) -> torch.nn.Module:
    """Eyes with patches of 14, pairs of frames, and times as positions."""
    text = TEXT | said(folder, tokens) | {"rope_parameters": rope([8, 12, 12], 1e6)}
    eye = EYE | {"patch_size": 14, "window_size": 112, "fullatt_block_indexes": [1], "tokens_per_second": 2}
    made = transformers.Qwen2_5_VLConfig(text_config=text, vision_config=eye, tie_word_embeddings=True, **marks(tokens))
    transformers.Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=28 * 28 * 1280).save_pretrained(folder)
    transformers.Qwen2VLVideoProcessor().save_pretrained(folder)
    named(folder, "Qwen2_5_VLProcessor")
    return transformers.Qwen2_5_VLForConditionalGeneration(made)


def qwen3_vl(folder: Path, tokens: Tokenizer) -> torch.nn.Module:
    """Eyes with patches of 16, pairs of frames, and times in the text of the prompt."""
    positions = rope([12, 10, 10], 5e6, mrope_interleaved=True)
    text = TEXT | said(folder, tokens) | {"rope_parameters": positions}
    eye = EYE | {"patch_size": 16, "num_position_embeddings": 2304, "deepstack_visual_indexes": [0, 1]}
    made = transformers.Qwen3VLConfig(text_config=text, vision_config=eye, tie_word_embeddings=True, **marks(tokens))
    half = [0.5, 0.5, 0.5]
    size = {"shortest_edge": 256 * 256, "longest_edge": 4096 * 4096}
    transformers.Qwen2VLImageProcessor(patch_size=16, image_mean=half, image_std=half, size=size).save_pretrained(
        folder
    )
    transformers.Qwen3VLVideoProcessor().save_pretrained(folder)
    named(folder, "Qwen3VLProcessor")
    return transformers.Qwen3VLForConditionalGeneration(made)


def qwen3(folder: Path, tokens: Tokenizer) -> torch.nn.Module:
    """Text alone, with thinking."""
    positions = {"rope_type": "default", "rope_theta": 1e6}
    made = transformers.Qwen3Config(**TEXT | said(folder, tokens), rope_parameters=positions)
    return transformers.Qwen3ForCausalLM(made)


def named(folder: Path, processor: str) -> None:
    """Say which class prepares media."""
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"processor_class": processor}, indent=1))


def main(folder: Path) -> None:
    """Write all of them."""
    torch.manual_seed(0)
    tokens = words()
    for make in (qwen2_5_vl, qwen3_vl, qwen3):
        place = folder / make.__name__
        place.mkdir(parents=True, exist_ok=True)
        make(place, tokens).to(torch.bfloat16).save_pretrained(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
