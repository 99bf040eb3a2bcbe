"""What each column holds that a layout writes, for the data set card."""

FOREIGN = "as the trainers of this layout read it"  # of a layout that is not our own
COLUMNS = {
    "problem_id": "the row's number in the input",
    "problem": "the question; in layout `videorft` with its options, in `easyr1` behind the marker of its medium",
    "data_type": '"video" or "image"',
    "problem_type": '"multiple choice", "numerical", "OCR", "free-form" or "regression"',
    "options": "the options of a multiple choice question, else empty",
    "process": "`sft` only: the chain of thought as `<think>…</think>`",
    "solution": "the reference answer as `<answer>…</answer>`",
    "path": "the video or image, relative to the media root",
    "data_source": "the data set that the question comes from",
    "pass_rate": "`rl`, and layout `full`: the share of right answers among several drafts, 0.0 to 1.0",
    "id": "the row's number in the input, as text",
    "image": "the row's image, where it is about one",
    "video": "the row's video, where it is about one",
    "images": "the row's image, where it is about one, else empty",
    "videos": "the row's video, where it is about one, else empty",
    "conversations": (
        "turns (`from`, `value`): the question behind its medium's marker, then the chain of thought and the answer"
    ),
    "messages": (
        "turns (`role`, `content`): the question with its medium, in `sft` also the chain of thought and the answer"
    ),
    "prompt": "the question with its medium as the only turn (`role`, `content`)",
    "answer": "in layout `easyr1` the reference answer without tags, in `full` the draft's answer",
    "reference": "JSON: the reference answer without tags (`answer`), its `problem_type` and `options`",
    "ability": "what the question asks for, the same in every row",
    "reward_model": "how an answer is judged (`style`), and the reference answer without tags (`ground_truth`)",
    "extra_info": (
        "the row's number in the input (`index`), its `problem_type`, `data_type`, `options` and `pass_rate`: the "
        "share of right answers among several drafts"
    ),
    "medium": "the SHA-256 of the file that the question is about",
    "outcome": '"kept", "rejected", "failed" or "owed": what became of the row',
    "step": "the step at which that was decided, empty where the row passed all",
    "reason": "why, empty where the row passed all",
    "caption": "the structured description of the medium, as JSON",
    "draft": "the thinking that was drafted over the description",
    "score": "how right the draft's answer is, 0.0 to 1.0",
    "revision": "the thinking after it was revised over the medium, where it was",
    "others": "what the other stages found: its `kind`, and the finding itself as JSON (`output`)",
    "judgements": "what each filter said (`step`), and why it would drop the row (`reason`), where it would",
    "calls": "the replies that went into the row: stage, model, prompts, tokens and cost",
}


def explained(name: str) -> str:
    """What a column of this name holds."""
    return COLUMNS.get(name, FOREIGN)
