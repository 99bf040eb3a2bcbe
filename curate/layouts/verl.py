"""RL rows for verl (github.com/verl-project/verl, docs: prepare data; verl/utils/dataset/rl_dataset.py)."""

from curate.layout import Layout
from curate.record import Output, Record
from curate.tags import answer_in
from curate.turns import Message, marked, shown

ABILITY = "visual reasoning"


class RewardModel(Output):
    """How an answer is judged, and the right one without tags."""

    style: str
    ground_truth: str


class ExtraInfo(Output):
    """What a reward function may want to know beside the answer."""

    index: int
    problem_type: str
    data_type: str
    options: tuple[str, ...]
    pass_rate: float | None = None


class VerlRow(Output):
    """A prompt with its media, and how its answer is judged."""

    data_source: str
    prompt: tuple[Message, ...]
    images: tuple[str, ...]
    videos: tuple[str, ...]
    ability: str
    reward_model: RewardModel
    extra_info: ExtraInfo


class VerlLayout(Layout):
    """Prompts as verl reads them, for RL only; `data_source` chooses the reward function there."""

    rl = VerlRow

    def row(self, record: Record) -> Output:
        """The question behind its marker; `index` is the problem_id."""
        return VerlRow(
            data_source=record.data_source,
            prompt=(Message(role="user", content=marked(record)),),
            ability=ABILITY,
            reward_model=RewardModel(style="rule", ground_truth=answer_in(record.solution) or ""),
            extra_info=ExtraInfo(
                index=record.problem_id,
                problem_type=record.problem_type,
                data_type=record.data_type,
                options=record.options,
                pass_rate=record.pass_rate,
            ),
            **shown(record, self.path(record)),
        )
