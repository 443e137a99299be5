"""An environment for each interpreter, made once and used again while it fits."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ("Environment", "NotInstalledError")

ROOT = Path(__file__).parents[2]
_MINUTES_TO_INSTALL = 15


class NotInstalledError(Exception):
    """The environment could not be made; the text is what the installer said."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with this project and what it is developed with.

    Args:
        name: What the table calls it.
        base: The interpreter that it is made of.
        folder: Where it is, or will be.
        extra: Further requirements.
    """

    name: str
    base: str
    folder: Path
    extra: tuple[str, ...] = ()

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    def beside(self, suffix: str) -> Path:
        """Return a file next to it, of the same name."""
        return self.folder.with_name(self.folder.name + suffix)

    def prepare(self) -> None:
        """Make it, unless it is there and was made for the same requirements.

        Raises:
            NotInstalledError: Something could not be installed.
        """
        ready = self.folder / ".ready"
        if ready.is_file() and ready.read_text() == self._made_for():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        pip = [self.python, "-m", "pip", "install", "--quiet"]
        for command in (
            [self.base, "-m", "venv", str(self.folder)],
            [*pip, "--upgrade", "pip"],
            [*pip, "--editable", ".[dev]", *self.extra],
        ):
            try:
                subprocess.run(  # noqa: S603 - of this project
                    command,
                    cwd=ROOT,
                    check=True,
                    text=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=60 * _MINUTES_TO_INSTALL,
                )
            except (subprocess.SubprocessError, OSError) as error:
                said = getattr(error, "stdout", None) or ""
                raise NotInstalledError(f"{error}\n{said}") from error
        ready.write_text(self._made_for())

    def versions(self) -> dict[str, str]:
        """Return the versions of what is installed in it, by name."""
        return versions_of(self.python)

    def _made_for(self) -> str:
        project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
        return f"{self.base} {' '.join(self.extra)} {ROOT} {project}"


def versions_of(python: str) -> dict[str, str]:
    """Return the versions of what is installed for an interpreter, by name."""
    listed = subprocess.run(  # noqa: S603 - of this project
        [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    return {found["name"].lower(): found["version"] for found in json.loads(listed.stdout)}
