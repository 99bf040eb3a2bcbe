"""The wheel: holds everything that is told to a model, and works away from the checkout."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, so that both are whole."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    [built] = out.glob("*.whl")
    assert list(out.glob("*.tar.gz"))
    return built


def test_the_wheel_holds_every_prompt_schema_example_and_template(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("prompts", "schemas", "examples"):
        files = [p for p in (ROOT / kind).rglob("*") if p.is_file()]
        assert files
        for path in files:
            assert f"curate/{path.relative_to(ROOT)}" in inside
    modules = [
        *(ROOT / "curate").rglob("*.py"),
        *(ROOT / "curate").glob("*.toml"),
        *(ROOT / "curate" / "templates").iterdir(),
    ]
    assert {f"curate/{p.relative_to(ROOT / 'curate')}" for p in modules} <= inside
    assert not [name for name in inside if name.startswith(("tests/", "prompts/", "schemas/"))]


def test_installed_elsewhere_the_demos_first_stage_runs(wheel, tmp_path):
    """A fresh environment that sees this one's dependencies and has `curate` from the wheel alone."""
    pytest.importorskip("xllamacpp", reason="curate[embedded] is not installed")
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    site = next(home.glob("lib/python*/site-packages"))
    dependencies = [path for path in sys.path if path.endswith("site-packages")]
    # Only the folders: the editable install's own .pth and finders stay behind.
    (site / "dependencies.pth").write_text("\n".join(dependencies) + "\n")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--ignore-installed", str(wheel)], check=True, capture_output=True, timeout=120)
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def curate(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(home / "bin" / "curate"), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=400)

    where = subprocess.run(
        [str(python), "-c", "import curate; print(curate.__file__)"], cwd=tmp_path, env=clean, capture_output=True
    )
    assert str(site) in where.stdout.decode()
    assert curate("demo", "demo", "--prepare").returncode == 0
    assert "Blender Foundation" in (tmp_path / "demo" / "ATTRIBUTION.md").read_text()
    settings = tmp_path / "demo" / "curate.toml"
    whole = settings.read_text()
    # Fewer pictures of the clip: what a wheel lacks shows as well, and the model takes seconds for each.
    settings.write_text(whole.replace("fps = 0.5", "fps = 0.1"))
    assert settings.read_text() != whole
    ran = curate("caption", "-s", "demo/curate.toml", "--json", "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["steps"]["caption"]["passed"] == 12
    assert "no eyes" in ran.stderr
