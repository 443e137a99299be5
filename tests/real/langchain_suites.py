"""LangChain's own integration tests, as its source distributions ship them with their cassettes.

    python tests/real/langchain_suites.py

writes `langchain_suites.json` anew: the tests that pass under pytest-recording with stock vcrpy.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
LIST = HERE / "langchain_suites.json"
# langchain-tests pins older versions of what we depend on; it runs with ours as well.
BESIDE = ("langchain-tests==1.1.9", "pytest-benchmark", "py-cpuinfo", "numpy")
PINNED = ("vcrpy<9", "syrupy<6")
_MINUTES = 10 * 60


class NotToBeHadError(Exception):
    """The package index did not give what was asked for."""


def suite(name: str, version: str, folder: Path) -> Path:
    """Fetch a source distribution and what its tests need, once; return where it was unpacked.

    Raises:
        NotToBeHadError: The index does not have it, or there is none.
    """
    unpacked = folder / f"{name.replace('-', '_')}-{version}"
    if (folder / "complete").exists():
        return unpacked
    _pip("download", "--no-deps", "--no-binary", name, "--dest", folder, f"{name}=={version}")
    needed = (*BESIDE, f"{name}=={version}")
    _pip("install", "--no-deps", "--upgrade", "--target", folder / "packages", *needed)
    with tarfile.open(unpacked.with_name(f"{unpacked.name}.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    (folder / "complete").touch()
    return unpacked


def _pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", *map(str, arguments)]
    done = subprocess.run(  # noqa: S603 - the pip of this environment
        command, check=False, capture_output=True, text=True, timeout=_MINUTES
    )
    if done.returncode:
        raise NotToBeHadError(done.stderr.strip().splitlines()[-1] if done.stderr else "pip failed")


def run(unpacked: Path, *options: str, keys: str = "") -> tuple[set[str], str]:
    """Run the recorded tests without a network; return what passed, and the whole output."""
    environment = {name: text for name, text in os.environ.items() if not name.endswith("_KEY")}
    environment |= dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), keys) if keys else {}
    packages = (unpacked.parent / "pinned", unpacked.parent / "packages")
    environment |= {
        "PYTHONPATH": os.pathsep.join(str(path) for path in packages if path.exists()),
        "HOME": str(unpacked.parent),  # a token of the developer's is none of theirs
    }
    command = [sys.executable, "-m", "pytest", "tests/integration_tests", "-m", "vcr", "-rA", "-q"]
    # asyncio's own socket pairs are no network; their own options need further packages
    blocked = ["--record-mode=none", "--block-network", "--allowed-hosts=/"]
    done = subprocess.run(  # noqa: S603 - the pytest of this environment
        [*command, *blocked, "-o", "addopts=", "-p", "no:cacheprovider", *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=_MINUTES,
        cwd=unpacked,
        env=environment,
    )
    return set(re.findall(r"^PASSED (\S.*)$", done.stdout, re.MULTILINE)), done.stdout + done.stderr


def main() -> None:
    """Write the list anew, for the versions that it names."""
    listed = json.loads(LIST.read_text())
    for name, told in listed.items():
        with tempfile.TemporaryDirectory() as folder:
            unpacked = suite(name, told["version"], Path(folder))
            _pip("install", "--no-deps", "--target", Path(folder, "pinned"), *PINNED)
            passed, output = run(unpacked, "-p", "no:harness", keys="none")
        told["tests"] = sorted(passed)
        print(f"{name} {told['version']}: {len(passed)} pass\n{output[-300:]}")  # noqa: T201
    LIST.write_text(json.dumps(listed, indent=1) + "\n")


if __name__ == "__main__":
    main()
