"""Which files in the folders of cassettes no test has opened.

Paths are texts here: a suite has thousands of them, and pathlib takes ten times as long.
"""

# ruff: noqa: PTH110, PTH117, PTH118, PTH119, PTH120, PTH122

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from os.path import basename, dirname, isabs, join, splitext
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

    used: set[str] = field(default_factory=set)
    folders: dict[str, set[str]] = field(default_factory=dict)
    not_opened: set[tuple[str, str]] = field(default_factory=set)

    def opened(self, module: str, path: str, also: Iterable[str]) -> None:
        """Note the cassette of a test in that module, and what else it plays from."""
        self.used.update((path, *also))
        self.folders.setdefault(dirname(path), set()).add(module)

    def orphans(self, *, all_run: bool) -> Iterator[str]:
        """Yield the files of no test, those of modules that are gone included.

        Args:
            all_run: Whether all modules were run. Else nothing can be told of a folder that
                modules may share.
        """
        kinds: dict[str, set[str]] = {}
        for path in self.used:
            kinds.setdefault(dirname(path), set()).add(splitext(path)[1])
        for folder, modules in sorted(self.folders.items()):
            if not (_is_of_module(folder, modules) or all_run):
                continue
            closed = tuple(name for module, name in self.not_opened if module in modules)
            for file in _files(folder, kinds.get(folder, set())):
                if file not in self.used and not (closed and basename(file).startswith(closed)):
                    yield file
        own = {dirname(folder) for folder, of in self.folders.items() if _is_of_module(folder, of)}
        for cassettes in sorted(own):
            for name in _names(cassettes, of_folders=True):
                folder, module = join(cassettes, name), join(dirname(cassettes), f"{name}.py")
                if folder not in self.folders and not os.path.exists(module):
                    yield from (file for file in _files(folder, _KINDS) if file not in self.used)


def absolute(path: str) -> str:
    """Return a path from the root of the file system."""
    return path if isabs(path) else str(Path(path).absolute())


def _is_of_module(folder: str, modules: set[str]) -> bool:
    """Tell whether a folder is where pytest-recording has the cassettes of one module."""
    return all(
        folder == join(dirname(path), "cassettes", splitext(basename(path))[0]) for path in modules
    )


def _files(folder: str, kinds: set[str]) -> list[str]:
    return [
        join(folder, name)
        for name in _names(folder, of_folders=False)
        if splitext(name)[1] in kinds and not name.startswith(".")
    ]


def _names(folder: str, *, of_folders: bool) -> list[str]:
    """Return what is in a folder, if there is one."""
    try:
        with os.scandir(folder) as found:
            return sorted(
                entry.name for entry in found if (entry.is_dir if of_folders else entry.is_file)()
            )
    except (FileNotFoundError, NotADirectoryError):
        return []
