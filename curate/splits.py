"""Which split a row stands in: all rows about one medium in the same one, whatever other rows there are."""

import hashlib

SETS = ("sft", "rl")
TRAIN, VALIDATION = SPLITS = ("train", "validation")


def split_of(medium: bytes, share: float, seed: int) -> str:
    """The split of the rows about a medium, by its name among the standings.

    About `share` of all media, 0.0 to 1.0, fall to validation; a larger share adds to those of a smaller one.
    """
    if not share:
        return TRAIN
    digest = hashlib.blake2b(medium, digest_size=8, key=str(seed).encode()).digest()
    return VALIDATION if int.from_bytes(digest, "big") < share * 2**64 else TRAIN
