"""Every word of `vcr_config` works on our cassettes, as vcrpy and pytest-recording mean it."""

from __future__ import annotations

import gzip
import json
from inspect import signature
from pathlib import Path

import pytest
import yaml
from small_projects import openai_call, outcome, sse, write_cassette
from vcr import VCR

TEST = """
import httpx
import pytest

URL = {url!r}

def ask(path="", **json):
    headers = {{"x-mine": "private"}}
    return httpx.post(URL + path, json=json or {{"a": 1}}, headers=headers).json()

@pytest.fixture
def vcr_config():
    return {config}

@pytest.mark.vcr
def test_it(vcr):
    assert type(vcr).__module__.startswith("harness.")
    {body}
"""
FILE = "cassettes/test_it/test_it.yaml"
ELSEWHERE = "https://example.org/"


def project_with(
    project: pytest.Pytester, url: str, config: str, body: str = "ask()", hook: str = ""
) -> None:
    """Make a project of one test under a `vcr_config`, with what its conftest registers."""
    project.makepyfile(test_it=TEST.format(url=url, config=config, body=body))
    if hook:
        project.makeconftest(hook)


def recorded(project: pytest.Pytester, file: str = FILE) -> list[dict]:
    """Return the interactions of a cassette, as they stand in the file."""
    return yaml.safe_load((project.path / file).read_text())["interactions"]


def answer(path: str = "", request: object = None, value: object = "old") -> dict:
    """One recorded answer of the host that is elsewhere."""
    call = sse(ELSEWHERE + path, request or {"a": 1}, [])
    call["response"]["body"]["string"] = json.dumps(value)
    return call


@pytest.mark.parametrize("options", [(), ("-p", "no:recording")], ids=["installed", "blocked"])
def test_filters(project: pytest.Pytester, server: str, options: tuple[str, ...]) -> None:
    """Headers, parameters and fields are left out of the file, and of what is compared."""
    config = """{
        "filter_headers": ["x-mine", ("user-agent", "me")],
        "filter_query_parameters": ["key"],
        "filter_post_data_parameters": ["password"],
    }"""
    body = 'ask("?key=1&x=2", password=hash(object()), a=1)'  # another one in each run
    project_with(project, server, config, body)
    outcome(project.runpytest("--record-mode=once", *options), passed=1)

    (item,) = recorded(project)
    request = item["request"]
    assert "x-mine" not in request["headers"]
    assert request["headers"]["user-agent"] == ["me"]
    assert request["uri"] == f"{server}?x=2"
    assert json.loads(request["body"]) == {"a": 1}
    outcome(project.runpytest(*options), passed=1)


def test_a_request_that_a_hook_leaves_out(project: pytest.Pytester, server: str) -> None:
    """It goes where it was sent to, and is not recorded."""
    config = '{"before_record_request": lambda r: None if "health" in r.path else r}'
    project_with(project, server, config, 'ask("health"); ask("real")')
    outcome(project.runpytest("--record-mode=once"), passed=1)

    assert [item["request"]["uri"] for item in recorded(project)] == [f"{server}real"]
    outcome(project.runpytest(), passed=1)  # this machine may be reached in a replay


def test_a_response_that_a_hook_changes(project: pytest.Pytester, server: str) -> None:
    """The recording test gets what came, the file has what the hook returns, and so a replay."""
    config = '{"before_record_response": lambda r: {**r, "body": {"string": b"[1]"}}}'
    project_with(project, server, config, 'assert ask() == {"live": True}')
    outcome(project.runpytest("--record-mode=once"), passed=1)
    project_with(project, server, config, "assert ask() == [1]")
    outcome(project.runpytest(), passed=1)


def test_a_response_that_a_hook_drops(project: pytest.Pytester, server: str) -> None:
    """It is not in the file."""
    config = '{"before_record_response": lambda r: None}'
    project_with(project, server, config)
    outcome(project.runpytest("--record-mode=once"), passed=1)
    assert recorded(project) == []


def test_ignored_hosts(project: pytest.Pytester, server: str) -> None:
    """`ignore_localhost` and `ignore_hosts` let requests pass; in a replay the network says no."""
    project_with(project, server, '{"ignore_localhost": True}')
    outcome(project.runpytest("--record-mode=once"), passed=1)
    assert not (project.path / FILE).exists()
    outcome(project.runpytest(), passed=1)

    project_with(project, ELSEWHERE, '{"ignore_hosts": ["example.org"], "filter_headers": []}')
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["E*the network is blocked here: * example.org*"])


HOOK = """
def alike(sent, recorded):
    assert sent.headers["x-mine"] == recorded.headers["x-mine"], "not mine"

def pytest_recording_configure(config, vcr):
    vcr.register_matcher("mine", alike)
"""


def test_a_matcher_of_the_user(project: pytest.Pytester) -> None:
    """A matcher that the hook registers decides, and its words are in the error."""
    config = '{"match_on": ["method", "host", "mine"]}'
    project_with(project, ELSEWHERE, config, 'assert ask("x", b=2) == "old"', HOOK)
    call = answer()
    call["request"]["headers"]["x-mine"] = ["private"]
    write_cassette(project.path / FILE, call)
    outcome(project.runpytest(), passed=1)

    call["request"]["headers"]["x-mine"] = ["public"]
    write_cassette(project.path / FILE, call)
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["E*the matcher alike refuses it: not mine*"])


def test_a_matcher_that_the_hook_adds_to_all(project: pytest.Pytester) -> None:
    """`additional_matchers` stand beside the default, in which ours compares bodies, too."""
    config = '{"additional_matchers": ["mine"]}'
    project_with(project, ELSEWHERE, config, "ask()", HOOK)
    call = answer(request={"a": 2})
    call["request"]["headers"]["x-mine"] = ["public"]
    write_cassette(project.path / FILE, call)
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["E*body.a: recorded 2, sent 1*", "E*matcher alike refuses it*"])


def test_a_serializer_of_vcrpy(project: pytest.Pytester, server: str) -> None:
    """`serializer` names the file, as in pytest-recording, and is used both ways."""
    project_with(project, server, '{"serializer": "json"}', 'assert ask() == {"live": True}')
    outcome(project.runpytest("--record-mode=once"), passed=1)
    file = project.path / "cassettes/test_it/test_it.json"
    assert json.loads(file.read_text())["interactions"][0]["request"]["method"] == "POST"
    outcome(project.runpytest(), passed=1)


GZIP = """
import gzip, yaml
from pathlib import Path
from vcr.persisters.filesystem import CassetteNotFoundError

class Serializer:
    @staticmethod
    def serialize(cassette_dict):
        raise NotImplementedError
    deserialize = serialize

class Persister:
    @staticmethod
    def load_cassette(path, serializer):
        if not Path(path).exists():
            raise CassetteNotFoundError
        found = yaml.unsafe_load(gzip.decompress(Path(path).read_bytes()))
        return found["requests"], found["responses"]

    @staticmethod
    def save_cassette(path, cassette_dict, serializer):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"the beginning")
            file.flush()
            {fails}
            file.seek(0)
            file.write(gzip.compress(yaml.dump(cassette_dict).encode()))

def pytest_recording_configure(config, vcr):
    vcr.register_serializer("yaml.gz", Serializer)
    vcr.register_persister(Persister)
"""


def test_a_persister_of_the_user(project: pytest.Pytester, server: str) -> None:
    """It keeps what is recorded, its way, and gives it back."""
    config = '{"serializer": "yaml.gz"}'
    project_with(project, server, config, "ask()", GZIP.format(fails=""))
    outcome(project.runpytest("--record-mode=once"), passed=1)
    file = project.path / "cassettes/test_it/test_it.yaml.gz"
    assert b"requests" in gzip.decompress(file.read_bytes())
    outcome(project.runpytest(), passed=1)


def test_a_persister_that_fails(project: pytest.Pytester, server: str) -> None:
    """The old file is there again: `rewrite` loses nothing before the new one is whole."""
    config = '{"serializer": "yaml.gz"}'
    project_with(project, server, config, "ask()", GZIP.format(fails=""))
    outcome(project.runpytest("--record-mode=once"), passed=1)
    file = project.path / "cassettes/test_it/test_it.yaml.gz"
    before = file.read_bytes()
    project.makeconftest(GZIP.format(fails="raise OSError('disk full')"))

    result = project.runpytest("--record-mode=rewrite")
    result.stdout.fnmatch_lines(["E*OSError: disk full"])
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_where_the_file_is(project: pytest.Pytester) -> None:
    """`path_transformer` has the last word."""
    config = '{"path_transformer": lambda path: path + ".recorded"}'
    project_with(project, ELSEWHERE, config, 'assert ask() == "old"')
    write_cassette(project.path / "cassettes/test_it/test_it.recorded", answer())
    outcome(project.runpytest(), passed=1)


def test_repeats(project: pytest.Pytester) -> None:
    """`allow_playback_repeats` plays an answer any number of times."""
    body = "assert [ask(), ask(), ask()] == ['old'] * 3; assert vcr.play_count == 3"
    project_with(project, ELSEWHERE, '{"allow_playback_repeats": True}', body)
    write_cassette(project.path / FILE, answer())
    outcome(project.runpytest(), passed=1)


def test_dropping_what_is_not_played(project: pytest.Pytester, server: str) -> None:
    """`drop_unused_requests` does so where something may be recorded, and only there."""
    project_with(project, ELSEWHERE, '{"drop_unused_requests": True}')
    write_cassette(project.path / FILE, answer(), answer("gone"))
    outcome(project.runpytest(), passed=1)
    assert len(recorded(project)) == 2
    outcome(project.runpytest("--record-mode=new_episodes"), passed=1)
    assert [item["request"]["uri"] for item in recorded(project)] == [ELSEWHERE]


@pytest.mark.parametrize(("keeps", "there"), [(True, True), (False, False)])
def test_a_test_that_fails(project: pytest.Pytester, server: str, keeps: bool, there: bool) -> None:
    """`record_on_exception` says whether what it recorded is kept."""
    config = f'{{"record_on_exception": {keeps}}}'
    project_with(project, server, config, "ask(); assert False")
    outcome(project.runpytest("--record-mode=once"), failed=1)
    assert (project.path / FILE).exists() is there


@pytest.mark.parametrize("strict", ["", "config", "ini"])
def test_what_is_left_over(project: pytest.Pytester, strict: str) -> None:
    """Under a configuration for vcrpy it is listed; `vcr_strict` makes it a failure."""
    more = ', "vcr_strict": True' if strict == "config" else ""
    project_with(project, ELSEWHERE, f'{{"filter_headers": ["x"]{more}}}')
    write_cassette(project.path / FILE, answer(), answer("gone"))
    result = project.runpytest(*["-o", "vcr_strict=true"] if strict == "ini" else [])
    if strict:
        outcome(result, passed=1, errors=1)
        result.stdout.fnmatch_lines(["*UnplayedInteractionsError: 1 of 2 interactions of *"])
    else:
        outcome(result, passed=1)
        result.stdout.fnmatch_lines(
            ["*not played; to fail such tests, set vcr_strict*", "*interaction 1: POST *org/gone"]
        )


SINCE_9 = pytest.mark.skipif(
    "skip_patchers" not in signature(VCR.__init__).parameters, reason="vcrpy 9 has it first"
)


@SINCE_9
def test_values_that_the_file_is_not_to_have(project: pytest.Pytester, server: str) -> None:
    """`filter_sensitive_data` puts a word in their place, and them in its place again."""
    config = '{"filter_sensitive_data": {"<WORD>": "private"}}'
    project_with(project, server, config, 'ask(word="private")')
    outcome(project.runpytest("--record-mode=once"), passed=1)
    (item,) = recorded(project)
    assert json.loads(item["request"]["body"]) == {"word": "<WORD>"}
    outcome(project.runpytest(), passed=1)


@SINCE_9
def test_hooks_around_the_file(project: pytest.Pytester, server: str) -> None:
    """`before_save_interaction` and `after_load_interaction` see what goes in and comes out."""
    config = """{
        "before_save_interaction": lambda q, r: None if "gone" in q.uri else (q, r),
        "after_load_interaction": lambda q, r: (q, {**r, "body": {"string": b"[1]"}}),
    }"""
    project_with(project, server, config, 'ask("gone"); ask("kept")')
    outcome(project.runpytest("--record-mode=once"), passed=1)
    assert [item["request"]["uri"] for item in recorded(project)] == [f"{server}kept"]
    project_with(project, server, config, 'assert ask("kept") == [1]')
    outcome(project.runpytest(), passed=1)


@SINCE_9
def test_clients_that_are_left_alone(project: pytest.Pytester, server: str) -> None:
    """The requests of those that `skip_patchers` names pass by."""
    project_with(project, server, '{"skip_patchers": ["httpx"]}')
    outcome(project.runpytest("--record-mode=once"), passed=1)
    assert not (project.path / FILE).exists()


def test_connections_of_the_users_own(project: pytest.Pytester, server: str) -> None:
    """`custom_patches` puts vcrpy's stub where a program keeps a connection class of its own."""
    code = "import http.client\nclass Mine:\n    Connection = http.client.HTTPConnection"
    project.makepyfile(mine=code)
    config = '{"custom_patches": ((Mine, "Connection", VCRHTTPConnection),)}'
    body = """connection = Mine.Connection("127.0.0.1", URL.split(":")[2].strip("/"))
    connection.request("POST", "/own", body=b"{}", headers={"content-length": "2"})
    assert connection.getresponse().read() == b'{"live": true}'"""
    project_with(project, server, config, body)
    file = project.path / "test_it.py"
    file.write_text(
        f"from mine import Mine\nfrom vcr.stubs import VCRHTTPConnection\n{file.read_text()}"
    )
    outcome(project.runpytest("--record-mode=once"), passed=1)
    assert [item["request"]["uri"] for item in recorded(project)] == [f"{server}own"]
    outcome(project.runpytest(), passed=1)


def test_a_stream_keeps_its_pieces(project: pytest.Pytester, server: str) -> None:
    """What we record beside vcrpy's data goes through its hooks unharmed."""
    config = '{"before_record_response": lambda r: {**r, "headers": {"x": ["REDACTED"]}}}'
    project_with(project, server, config)
    outcome(project.runpytest("--record-mode=once"), passed=1)
    (item,) = recorded(project)
    assert item["response"]["replay_harness"]["cuts"] == [len('{"live": true}')]
    assert item["response"]["headers"]["x"] == ["REDACTED"]


def test_names_of_vcrpys_cassette(project: pytest.Pytester) -> None:
    """A test reads of the cassette what it read of vcrpy's."""
    body = """ask()
    assert (len(vcr), vcr.play_count, vcr.all_played) == (1, 1, True)
    assert vcr.requests[0].host == "example.org"
    assert vcr.responses[0]["status"]["code"] == 200"""
    project_with(project, ELSEWHERE, "{}", body)
    write_cassette(project.path / FILE, answer())
    outcome(project.runpytest(), passed=1)


def test_further_cassettes(project: pytest.Pytester) -> None:
    """Those that a mark names are played as well; what is left over in them is no failure."""
    project_with(project, ELSEWHERE, "{}", 'assert [ask("one"), ask("two")] == [1, 2]')
    text = (project.path / "test_it.py").read_text()
    (project.path / "test_it.py").write_text(text.replace("mark.vcr\n", 'mark.vcr("more.yaml")\n'))
    write_cassette(project.path / FILE, answer("one", value=1))
    more = project.path / "cassettes/test_it/more.yaml"
    write_cassette(more, answer("two", value=2), answer("three", value=3))
    outcome(project.runpytest(), passed=1)


def test_further_cassettes_are_not_recorded_past(project: pytest.Pytester, server: str) -> None:
    """With `once` a test that has one plays, though it is empty: the provider is not asked."""
    project_with(project, server, "{}")
    text = (project.path / "test_it.py").read_text()
    (project.path / "test_it.py").write_text(text.replace("mark.vcr\n", 'mark.vcr("more.yaml")\n'))
    write_cassette(project.path / "cassettes/test_it/more.yaml")
    outcome(project.runpytest("--record-mode=once"), failed=1)
    assert not (project.path / FILE).exists()


def test_a_broken_file_is_no_empty_one(project: pytest.Pytester) -> None:
    """Unlike vcrpy, which takes it for one and would record over it."""
    project_with(project, ELSEWHERE, '{"filter_headers": ["x"]}')
    file: Path = project.path / FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff\xfe not text")
    result = project.runpytest()
    outcome(result, errors=1)
    result.stdout.fnmatch_lines(["E*cannot read the cassette *test_it.yaml"])


def test_a_model_is_played_as_ever(project: pytest.Pytester) -> None:
    """Tokens of a provider under a configuration with hooks."""
    project.makepyfile(
        test_it="""
        import pytest
        from graphs import capture, graph_of
        from langchain_openai import ChatOpenAI

        @pytest.fixture
        def vcr_config():
            def redacted(response):
                response["headers"] = dict.fromkeys(response["headers"], "**REDACTED**")
                return response
            return {"filter_headers": ["authorization"], "before_record_response": redacted}

        @pytest.mark.vcr
        def test_it():
            model = ChatOpenAI(model="gpt-4o-mini", max_retries=0)
            assert capture(graph_of(model), {"topic": "cats"}).tokens() == ["Why", " not"]
        """
    )
    write_cassette(project.path / FILE, openai_call("Write about cats", ["Why", " not"]))
    outcome(project.runpytest(), passed=1)
