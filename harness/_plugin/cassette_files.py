"""Which files in the folders of cassettes no test has opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_KINDS = {".yaml", ".yml", ".json", ".gz"}


@dataclass
class CassetteFiles:
    """What is known of the files after a run.

    Args:
        used: Those that were opened.
        folders: The folders of marked tests, with the modules of these tests.
        not_opened: The module and the cassette's name of tests that did not come to open it.
    """

    used: set[Path] = field(default_factory=set)
    folders: dict[Path, set[Path]] = field(default_factory=dict)
    not_opened: set[tuple[Path, str]] = field(default_factory=set)

    def orphans(self, *, all_run: bool) -> Iterator[Path]:
        """Yield the files of no test, those of modules that are gone included.

        Args:
            all_run: Whether all modules were run. Else nothing can be told of a folder that
                modules may share.
        """
        for folder, modules in sorted(self.folders.items()):
            if not (_is_of_module(folder, modules) or all_run):
                continue
            kinds = {path.suffix for path in self.used if path.parent == folder}
            closed = tuple(name for module, name in self.not_opened if module in modules)
            for file in _files(folder, kinds):
                if file not in self.used and not (closed and file.name.startswith(closed)):
                    yield file
        own = {folder.parent for folder, of in self.folders.items() if _is_of_module(folder, of)}
        for cassettes in sorted(folder for folder in own if folder.is_dir()):
            for folder in sorted(path for path in cassettes.iterdir() if path.is_dir()):
                module = cassettes.parent / f"{folder.name}.py"
                if folder not in self.folders and not module.exists():
                    yield from (file for file in _files(folder, _KINDS) if file not in self.used)


def _is_of_module(folder: Path, modules: set[Path]) -> bool:
    """Tell whether a folder is where pytest-recording has the cassettes of one module."""
    return all(folder == path.parent / "cassettes" / path.stem for path in modules)


def _files(folder: Path, kinds: set[str]) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(
        path
        for path in found
        if path.is_file() and path.suffix in kinds and not path.name.startswith(".")
    )
