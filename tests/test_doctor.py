"""`curate doctor`: which decoders work here, and why not the others."""

import asyncio
from importlib.util import find_spec

import pytest

from curate import doctor
from curate.errors import MediaError
from curate.media.facts import Trial


def told(monkeypatch: pytest.MonkeyPatch, **outcomes: object) -> dict[str, doctor.Finding]:
    """The findings where the trials of these decoders end like this."""

    async def tried(_: object, name: str) -> Trial:
        outcome = outcomes.get(name, Trial(("mp4",), ()))
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, Trial)
        return outcome

    monkeypatch.setattr("curate.media.eyes.Eyes.tried", tried)
    monkeypatch.setattr(doctor, "why_not", lambda name: outcomes.get(f"{name}_missing"))

    async def main() -> dict[str, doctor.Finding]:
        return {finding.about: finding async for finding in doctor.examined()}

    return asyncio.run(main())


def test_the_decoders_that_are_here_are_tried(place):
    ran = place.run("doctor", "-s", "nothing.toml", "--json")
    findings = {finding["about"]: finding for finding in ran.json["findings"]}
    assert ran.code == ran.json["exit"] == 0
    assert findings["decoder pyav"]["good"]
    assert "right on 5 of 5 trial clips" in findings["decoder pyav"]["told"]
    assert findings["codings"]["told"].startswith("H.264, HEVC, VP8, VP9, AV1, MPEG-2, MPEG-4, WMV, Theora")
    if find_spec("cv2"):
        assert "uneven frame rate: " in findings["decoder opencv"]["told"]
        assert "(such clips are read by pyav and reported)" in findings["decoder opencv"]["told"]
    assert "settings" not in findings


def test_the_settings_are_looked_at_where_there_are_any(place):
    ran = place.run("doctor")
    assert ran.code == 0
    assert "ok  settings: curate.toml can work" in ran.out
    (place.folder / "media").rename(place.folder / "moved")
    ran = place.run("doctor")
    assert ran.code == 1
    assert f"NO  media: there is no folder {place.folder / 'media'}: make it or set input.media_root" in ran.out
    place.settings(top="stepps = []")
    ran = place.run("doctor")
    assert (ran.code, "NO  settings: unknown key 'stepps'; did you mean 'steps'?" in ran.out) == (1, True)


def test_what_is_missing_or_broken_says_what_to_do(monkeypatch):
    crashed = MediaError("decoder crashed", "ended by SIGSEGV", lasting=False)
    found = told(monkeypatch, decord=crashed, opencv_missing="not installed: `pip install x`")
    assert not found["decoder decord"].good
    assert "decoder crashed: ended by SIGSEGV; reinstall it, or use decoder = 'pyav'" in found["decoder decord"].told
    assert found["decoder opencv"] == doctor.Finding("decoder opencv", False, "not installed: `pip install x`")
    assert found["decoder pyav"].good
    assert found["decoder pyav"].needed


def test_one_wrong_clip_is_too_many_for_the_default_decoder(monkeypatch):
    found = told(monkeypatch, pyav=Trial(("mp4",), ("ts: 3 wrong frames",)), opencv=Trial((), ("mp4: no",)))
    assert not found["decoder pyav"].good
    assert found["decoder pyav"].told.endswith("right on 1 of 2 trial clips; wrong: ts: 3 wrong frames")
    assert not found["decoder opencv"].good
