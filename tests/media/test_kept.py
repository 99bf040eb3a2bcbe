"""Frames are kept within their bytes, and those used last stay longest."""

import random
from collections import OrderedDict

from curate.frame import Frame
from curate.media.kept import Kept


def shot(*sizes: int) -> tuple[Frame, ...]:
    """Frames of so many bytes each."""
    return tuple(Frame(i, float(i), 8, 8, bytes(size)) for i, size in enumerate(sizes))


def test_what_was_put_is_what_is_got() -> None:
    kept = Kept(100)
    first, second = shot(10, 20), shot(30)
    kept.put("first", first)
    kept.put(("second", 2), second)
    assert kept.get("first") is first
    assert kept.get(("second", 2)) is second
    assert kept.get("third") is None


def test_the_bound_is_reached_and_not_passed() -> None:
    kept = Kept(100)
    kept.put("a", shot(60))
    kept.put("b", shot(20, 20))
    assert kept.get("a") is not None
    kept.put("c", shot(1))
    assert kept.get("a") is not None
    assert kept.get("b") is None
    assert kept.get("c") is not None


def test_the_first_put_goes_first_and_as_many_as_it_takes() -> None:
    kept = Kept(100)
    for key in "abcd":
        kept.put(key, shot(25))
    kept.put("e", shot(60))
    assert [key for key in "abcde" if kept.get(key)] == ["d", "e"]


def test_what_was_used_stays_longer() -> None:
    kept = Kept(100)
    for key in "abcd":
        kept.put(key, shot(25))
    kept.get("a")
    kept.put("e", shot(25))
    assert [key for key in "abcde" if kept.get(key)] == ["a", "c", "d", "e"]


def test_too_many_frames_are_not_kept_and_push_nothing_out() -> None:
    kept = Kept(100)
    kept.put("small", shot(100))
    kept.put("large", shot(50, 51))
    assert kept.get("large") is None
    assert kept.get("small") is not None


def test_the_same_frames_again_count_once() -> None:
    kept = Kept(100)
    first = shot(60)
    for _ in range(5):
        kept.put("a", first)
    kept.put("b", shot(40))
    assert kept.get("a") is first
    assert kept.get("b") is not None
    kept.put("a", shot(1))
    assert kept.get("a") is first, "what is here already is as good"


def test_what_was_let_go_may_come_back() -> None:
    kept = Kept(100)
    for _ in range(3):
        kept.put("a", shot(80))
        assert kept.get("a") is not None
        kept.put("b", shot(80))
        assert kept.get("a") is None


def test_nothing_is_kept_where_nothing_may_be() -> None:
    kept = Kept(0)
    kept.put("a", shot(1))
    assert kept.get("a") is None


def test_any_use_is_what_a_slow_cache_would_do() -> None:
    rng = random.Random(41)
    for _ in range(50):
        most = rng.randint(0, 300)
        kept, slow = Kept(most), OrderedDict[int, tuple[Frame, ...]]()
        for _ in range(200):
            key = rng.randrange(12)
            if rng.random() < 0.5:
                frames = shot(*(rng.randint(0, 60) for _ in range(rng.randint(1, 4))))
                kept.put(key, frames)
                if key not in slow and sum(len(f.image) for f in frames) <= most:
                    slow[key] = frames
                while sum(len(f.image) for frames in slow.values() for f in frames) > most:
                    slow.popitem(last=False)
            else:
                assert kept.get(key) is slow.get(key)
                if key in slow:
                    slow.move_to_end(key)
