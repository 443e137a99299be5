"""What the options, the marks and the fixtures of a test that is marked `vcr` add up to.

The command line has the last word, then the mark, then `vcr_config`. Where these use words that
only vcrpy has, or a conftest has the hook of pytest-recording, a `vcr.VCR` is made and configured
as pytest-recording does it, and our cassette does what that says (`harness.cassettes._vcr.config`).
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pytest

from harness._plugin.recording_stand_in import HOMES

if TYPE_CHECKING:
    from harness.cassettes import CassetteBlock, RecordMode
    from harness.cassettes._vcr.config import VcrConfig

STRICT = "vcr_strict"
_LOOPBACK = "localhost"
_SUFFIX = ".yaml"
_LASTING = {"module", "package", "session"}  # scopes
_LONGEST_NAME = 255
_OF_BOTH = {"match_on", "ignore_hosts"}  # words of vcrpy's and of ours
_OF_PYTEST_RECORDING = {"record_mode", "allowed_hosts"}
_FOR_VCRPY = {"rewrite": "new_episodes"}  # it has no word for it
_FOR_US = {"any": "new_episodes"}


@dataclass(frozen=True)
class Wanted:
    """What a marked test wants.

    Args:
        path: The cassette.
        also: Further cassettes that it plays from.
        record_mode: By whoever decides it.
        replays: Whether no request of the test may reach a provider. It is fixed when the test
            starts: a cassette that is recorded meanwhile does not change it.
        block: The cassette, to be entered.
        lists_unplayed: Whether unplayed interactions are a warning and no failure.
    """

    path: Path
    also: tuple[Path, ...]
    record_mode: str
    replays: bool
    block: CassetteBlock
    lists_unplayed: bool


_Plain: TypeAlias = Callable[[Any], Any]
_own = pytest.StashKey[dict[str, _Plain]]()


class Theirs:
    """The fixtures of pytest-recording as a test has them, whoever overrides them.

    pytest takes a tenth of a millisecond to set a fixture up. So where nobody overrides one, it is
    called as the function of a request that it is, and this is the request. One that lasts for a
    module and needs no other is asked for once.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.node, self.config, self.cls = request.node, request.config, request.cls
        self._request = request
        self._names = request.fixturenames
        self._known = request.node.parent.stash.setdefault(_own, {})

    def getfixturevalue(self, name: str) -> Any:
        """Return the value of a fixture."""
        if name in self._names:
            return self._request.getfixturevalue(name)
        plain = self._known.get(name) or self._known.setdefault(name, self._plain(name))
        return plain(self)

    def _plain(self, name: str) -> _Plain:
        request = self._request
        found = request.session._fixturemanager.getfixturedefs(name, request.node)  # noqa: SLF001
        fixture = found[-1] if found else None
        if (
            fixture is None
            or fixture.params
            or fixture.argnames not in {(), ("request",)}
            or inspect.isgeneratorfunction(fixture.func)
        ):
            return lambda theirs: theirs.set_up(name)
        is_theirs = fixture.func.__module__ in HOMES
        if fixture.scope in _LASTING and (is_theirs or not fixture.argnames):
            value = request.getfixturevalue(name)
            return lambda _: value
        if not is_theirs:
            return lambda theirs: theirs.set_up(name)
        function: Callable[..., Any] = fixture.func
        return function if fixture.argnames else lambda _: function()

    def set_up(self, name: str) -> Any:
        """Have pytest set a fixture up, and return its value."""
        return self._request.getfixturevalue(name)


def wanted(request: pytest.FixtureRequest, theirs: Theirs, began: float) -> Wanted:
    """Add up what a marked test wants, in a run that began then."""
    marks = list(request.node.iter_markers("vcr"))
    config = dict(theirs.getfixturevalue("vcr_config"))
    for mark in reversed(marks):
        config.update(mark.kwargs)
    said = request.config.getoption("--record-mode") or config.get("record_mode")
    mode = _word(said or theirs.getfixturevalue("record_mode"))
    strict = bool(config.pop(STRICT, request.config.getini(STRICT)))
    name = theirs.getfixturevalue("default_cassette_name")
    folder = theirs.getfixturevalue("vcr_cassette_dir")
    hosts = theirs.getfixturevalue("allowed_hosts") or ()
    for key in _OF_PYTEST_RECORDING:
        config.pop(key, None)

    vcr = _of_vcrpy(config, request.config, folder, mode)
    if vcr is None:
        name = _short(name, _SUFFIX)
        path = Path(folder, name if name.endswith(_SUFFIX) else name + _SUFFIX)
    else:
        path = vcr.path(_short(name, config.get("serializer", _SUFFIX)))
        if not said and vcr.record_mode != _FOR_VCRPY.get(mode, mode):
            mode = vcr.record_mode  # by the hook
    mode = _FOR_US.get(mode, mode)
    if mode == "rewrite" and path.exists() and path.stat().st_mtime >= began:
        mode = "new_episodes"  # a test of this run, in whatever worker, has it written anew
    also = tuple(Path(folder, extra) for mark in marks for extra in mark.args)
    lists = vcr is not None and not strict and "allow_unplayed" not in config
    sockets: tuple[str | re.Pattern[str], ...] = (_LOOPBACK, *map(re.compile, hosts))
    block = _block(path, mode, config, vcr, also=also, sockets=sockets, lists_unplayed=lists)
    return Wanted(
        path=path,
        also=also,
        record_mode=mode,
        replays=mode == "none" or (mode == "once" and any(map(Path.exists, (path, *also)))),
        block=block,
        lists_unplayed=lists,
    )


def _word(record_mode: Any) -> str:
    """Return a record mode that may be one of vcrpy's enumeration."""
    return str(getattr(record_mode, "value", record_mode))


def _short(name: str, suffix: str) -> str:
    """Return a name that is not too long for a file, by pytest-recording's rule."""
    if len(name) + len(suffix) <= _LONGEST_NAME:
        return name
    mark = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: _LONGEST_NAME - len(suffix) - len(mark) - 3]}...{mark}"


@cache
def _our_words() -> frozenset[str]:
    from harness.cassettes import use_cassette  # noqa: PLC0415 - only for tests that ask

    return frozenset(inspect.signature(use_cassette).parameters) - {"path", "missing_ok"}


def _of_vcrpy(
    config: dict[str, Any], pytest_config: pytest.Config, folder: str, mode: str
) -> VcrConfig | None:
    """Return what vcrpy understands by the configuration; None if ours says it all."""
    from harness.cassettes import MATCH_PARTS  # noqa: PLC0415 - only for tests that ask

    hooks = pytest_config.hook.pytest_recording_configure
    matches = config.get("match_on") or ()
    ignored = config.get("ignore_hosts") or ()
    if (
        not hooks.get_hookimpls()
        and _our_words().issuperset(config)
        and set(MATCH_PARTS).issuperset(matches)
        and all(isinstance(host, str) for host in ignored)
    ):
        return None
    from vcr import VCR  # type: ignore[import-untyped]  # noqa: PLC0415 - slow, only as needed

    from harness.cassettes._vcr.config import VcrConfig  # noqa: PLC0415 - as above

    suffix = f".{config['serializer']}" if "serializer" in config else _SUFFIX
    vcr = VCR(
        path_transformer=VCR.ensure_suffix(suffix),
        cassette_library_dir=folder,
        record_mode=_FOR_VCRPY.get(mode, mode),
    )
    hooks(config=pytest_config, vcr=vcr)
    words = config.keys() - (_our_words() - _OF_BOTH)
    return VcrConfig(vcr, {key: config[key] for key in words})


def _block(
    path: Path,
    mode: str,
    config: dict[str, Any],
    theirs: VcrConfig | None,
    *,
    also: tuple[Path, ...],
    sockets: tuple[str | re.Pattern[str], ...],
    lists_unplayed: bool,
) -> CassetteBlock:
    from harness.cassettes import CassetteBlock, use_cassette  # noqa: PLC0415 - for tests that ask

    ours = {key: config[key] for key in _our_words() & config.keys()}
    if theirs is not None:
        ours.pop("match_on", None)
        ours["ignore_hosts"] = _names(ours.get("ignore_hosts", ()))
    # A mark on a whole module also covers tests that send no request and need no file.
    block = use_cassette(path, cast("RecordMode", mode), missing_ok=True, **ours)
    # This machine may be reached: a test may have a database of its own. HTTP to it is the
    # cassette's.
    options = replace(block.options, also=also, sockets=sockets)
    if theirs is not None:
        options = replace(
            options,
            storage=theirs,
            match_on=theirs.match_on,
            allow_unplayed=options.allow_unplayed or lists_unplayed,
            allow_repeats=theirs.allow_repeats,
            drop_unused=theirs.drop_unused,
            skips=theirs.skips,
            custom_patches=theirs.custom_patches,
            save_failed=config.get("record_on_exception", options.save_failed),
        )
    return CassetteBlock(path, (), options)


def _names(hosts: Iterable[Any]) -> list[str]:
    """Return the hosts that are named; vcrpy itself knows what to do with expressions."""
    return [host for host in hosts if isinstance(host, str)]
