"""Looks at a medium once, in the decoder's process: its size as shown and the time of every frame."""

from dataclasses import replace
from pathlib import Path

from av.video.stream import VideoStream

from curate.media import animation
from curate.media.clip import opened
from curate.media.facts import Facts
from curate.media.picture import picture
from curate.media.shape import squared, upright
from curate.media.survey import Survey, by_decoding, by_packets, resurveyed
from curate.medium import Kind
from curate.timeline import STILL


def probe(path: Path, kind: Kind) -> Facts:
    """What is known of the file at this path. Raises MediaError with a countable reason."""
    if kind == "image":
        image, codec = picture(path)
        return Facts(image.width, image.height, STILL, 0.0, codec, surveyed=True)
    if animation.known(path):
        return animation.facts(path)
    with opened(path) as film:
        found = by_packets(film)
        if found is not None:
            return _film(film.stream, found, decoded=False)
    with opened(path) as film:
        return _film(film.stream, by_decoding(film), decoded=True)


def survey(path: Path, facts: Facts) -> Facts:
    """The same facts, with every frame marked that does not decode. Decodes the whole file."""
    with opened(path) as film:
        return replace(facts, times=resurveyed(film, facts.times), surveyed=True)


def _film(stream: VideoStream, found: Survey, decoded: bool) -> Facts:
    turn = round(found.first.rotation / 90) * 90 % 360
    shape, aspect = upright(found.first.width, found.first.height, turn), stream.sample_aspect_ratio
    if aspect and turn % 180:
        aspect = 1 / aspect
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    if len(found.times) > 1:
        rate = round((len(found.times) - 1) / found.times[-1], 6)
    codec = stream.codec_context.codec.canonical_name
    return Facts(*squared(*shape, aspect), found.times, rate, codec, turn, found.missing, decoded)
