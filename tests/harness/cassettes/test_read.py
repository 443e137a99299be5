"""Cassettes of other tools are read, with the oddities that they have in the wild."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import json
import textwrap
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cassettes import RecordedResponse, Recording, read_recording
from harness.errors import CassetteFormatError, CassetteNotFoundError

REQUEST = {"method": "POST", "uri": "https://x.example.com/v1", "headers": {}, "body": '{"a": 1}'}


def read(path: Path, text: str | bytes) -> Recording:
    """Write the file and read it."""
    path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
    return read_recording(path)


def response(path: Path, **fields: Any) -> RecordedResponse:
    """Read one response of a vcrpy cassette."""
    tree = {"status": {"code": 200, "message": "OK"}, "headers": {}, **fields}
    text = yaml.safe_dump({"interactions": [{"request": REQUEST, "response": tree}]})
    return read(path, text).interactions[0].response


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette of the test lies."""
    return tmp_path / "a.yaml"


def test_vcrpy(path: Path) -> None:
    """Today's vcrpy: bodies are text or binary, header values are lists."""
    recording = read(
        path,
        """
        interactions:
        - request:
            body: '{"a": 1}'
            headers: {Accept: [application/json, text/plain]}
            method: post
            uri: https://x.example.com/v1
          response:
            body: {string: !!binary eyJiIjoyfQ==}
            headers: {content-length: ['99'], X-Id: ['7']}
            status: {code: 200, message: OK}
        version: 1
        """,
    )
    (item,) = recording.interactions
    assert recording.container == "vcrpy"
    assert (item.request.method, item.request.json()) == ("POST", {"a": 1})
    assert item.request.headers == (("Accept", "application/json"), ("Accept", "text/plain"))
    assert item.response.body == b'{"b":2}'
    assert item.response.headers == (("X-Id", "7"), ("content-type", "application/json"))


def test_vcrpy_before_6_with_httpx(path: Path) -> None:
    """Its httpx responses had `content` and `status_code`."""
    tree = {"content": "data: 1\n\n", "status_code": 201, "headers": {}, "http_version": "HTTP/1.1"}
    text = yaml.safe_dump({"interactions": [{"request": REQUEST, "response": tree}]})
    (item,) = read(path, text).interactions
    assert (item.response.status, item.response.body) == (201, b"data: 1\n\n")


def test_header_names_of_old_aiohttp(path: Path) -> None:
    """They are written as a call; its argument is read, nothing is called."""
    (item,) = read(
        path,
        """
        interactions:
        - request:
            headers:
              ? !!python/object/apply:multidict._multidict.istr [Accept]
              : [application/json]
            method: POST
            uri: https://x.example.com
          response: {status: {code: 200}, body: {string: ''}}
        """,
    ).interactions
    assert item.request.headers == (("Accept", "application/json"),)


def test_langchain_tests(path: Path) -> None:
    """Two lists in a gzip file, everything redacted; the content type follows from the body."""
    body = gzip.compress(b"data: 1\n\n")
    tree = {
        "requests": [REQUEST | {"uri": "**REDACTED**"}],
        "responses": [
            {
                "body": {"string": body},
                "headers": {"content-type": ["**REDACTED**"], "content-encoding": ["**REDACTED**"]},
                "status": {"code": 200, "message": "OK"},
            }
        ],
    }
    recording = read(path.with_suffix(".yaml.gz"), gzip.compress(yaml.safe_dump(tree).encode()))
    assert recording.container == "langchain-tests"
    (item,) = recording.interactions
    assert item.response.body == b"data: 1\n\n"
    assert item.response.headers == (("content-type", "text/event-stream"),)


def test_ruby_vcr(path: Path) -> None:
    """Another root key, a tag of Ruby's, and header values that may be plain text."""
    recording = read(
        path,
        """\
        ---
        http_interactions:
        - request:
            method: post
            uri: https://x.example.com/v1
            body: {encoding: UTF-8, string: '{"a": 1}'}
            headers: {Accept: ["*/*"], Host: x.example.com}
          response:
            status: {code: 200, message: OK}
            headers: {Content-Type: [text/event-stream]}
            body: {encoding: ASCII-8BIT, string: !binary "ZGF0YTogMQoK"}
          recorded_at: Wed, 19 Aug 2026 14:47:10 GMT
        recorded_with: VCR 6.2.0
        ...
        """,
    )
    (item,) = recording.interactions
    assert recording.container == "ruby-vcr"
    assert item.request.headers == (("Accept", "*/*"), ("Host", "x.example.com"))
    assert item.response.body == b"data: 1\n\n"


BODY = json.dumps({"text": "caf\u00e9"}, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("stored", "encoding"),
    [
        (BODY, "gzip"),  # decoded already, the header was left
        (BODY, "br"),
        (BODY, None),
        (gzip.compress(BODY), "gzip"),
        (gzip.compress(BODY), "**REDACTED**"),
        (zlib.compress(BODY), "deflate"),
        (zlib.compress(BODY)[2:-4], "deflate"),  # without its frame, as some servers send it
    ],
    ids=["left gzip", "left br", "none", "gzip", "redacted", "deflate", "raw deflate"],
)
def test_the_body_decides_about_its_encoding(
    stored: bytes, encoding: str | None, path: Path
) -> None:
    """The header may be stale or redacted; what is played is plain."""
    headers = {"content-encoding": [encoding]} if encoding else {}
    answer = response(path, body={"string": stored}, headers=headers)
    assert answer.body == BODY
    assert answer.headers == (("content-type", "application/json"),)


@pytest.mark.parametrize(
    ("body", "stated", "expected"),
    [
        ("data: 1\n\n", None, "text/event-stream"),
        ("event: a\r\ndata: 1\r\n\r\n", "**redacted**", "text/event-stream"),
        (": ping\n\ndata: 1\n\n", "application/json", "text/event-stream"),
        ('{"a": 1}', None, "application/json"),
        ("hello", None, "text/plain"),
        ('{"a": 1}', "application/json; charset=utf-8", "application/json; charset=utf-8"),
    ],
)
def test_the_content_type_fits_the_body(
    body: str, stated: str | None, expected: str, path: Path
) -> None:
    """A redacted, absent or wrong type is replaced; a right one is kept."""
    headers = {"Content-Type": [stated]} if stated else {}
    answer = response(path, body={"string": body}, headers=headers)
    assert [value for name, value in answer.headers if name.lower() == "content-type"] == [expected]


def test_a_file_that_is_itself_compressed_stays_so(path: Path) -> None:
    """Without a content encoding, the bytes are what the server meant to send."""
    headers = {"content-type": ["application/gzip"]}
    packed = gzip.compress(BODY)
    assert response(path, body={"string": packed}, headers=headers).body == packed


@pytest.mark.parametrize(
    "body", [gzip.compress(BODY)[:-9], b"\x1f\x8b" + b"\x00" * 40], ids=["cut", "zeros"]
)
def test_a_broken_body_is_named(body: bytes, path: Path) -> None:
    """A compressed body that ends too early is not played as a short one."""
    with pytest.raises(CassetteFormatError, match="interaction 0: the gzip body is"):
        response(path, body={"string": body})


def test_a_body_that_needs_a_package(path: Path) -> None:
    """Brotli is read where its package is installed; else the error says how."""
    brotli = base64.b64decode("iwOAeyJhIjogMX0D")  # {"a": 1}
    headers = {"content-encoding": ["br"]}
    if importlib.util.find_spec("brotli") is None:
        with pytest.raises(CassetteFormatError, match="pip install brotli"):
            response(path, body={"string": brotli}, headers=headers)
    else:
        assert response(path, body={"string": brotli}, headers=headers).body == b'{"a": 1}'


def test_a_missing_file_names_the_nearest(path: Path) -> None:
    """And the way to record it."""
    path.with_name("joke_openai.yaml").write_text("")
    with pytest.raises(CassetteNotFoundError) as caught:
        read_recording(path.with_name("joke_opnai.yaml"))
    assert "the nearest name there is: joke_openai.yaml" in str(caught.value)
    assert "--record-mode=once" in str(caught.value)
    with pytest.raises(CassetteNotFoundError, match="nor its folder"):
        read_recording(path.parent / "nowhere" / "a.yaml")


def test_one_pair_in_a_json_file(tmp_path: Path) -> None:
    """As the test agent of dd-trace-py writes it, with a gzip header left on a plain body."""
    path = tmp_path / "a.json"
    request = {"method": "POST", "url": "https://api.example.com/v1", "headers": {}, "body": "{}"}
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    response = {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": '{"a": 1}'}
    path.write_text(json.dumps({"request": request, "response": response}))
    recording = read_recording(path)
    assert recording.container == "single pair"
    assert recording.interactions[0].response.body == b'{"a": 1}'


def test_nock(tmp_path: Path) -> None:
    """Bodies are JSON, text, or the hexadecimal digits of compressed bytes."""
    path = tmp_path / "a.json"
    call = {"scope": "https://api.example.com:443", "method": "POST", "path": "/v1", "status": 200}
    packed = gzip.compress(b'{"b": 2}').hex()
    calls = [
        {**call, "body": {"q": 1}, "response": {"a": 1}, "rawHeaders": ["A", "1", "A", "2"]},
        {
            **call,
            "response": [packed[:20], packed[20:]],
            "rawHeaders": ["Content-Encoding", "gzip"],
        },
    ]
    path.write_text(json.dumps(calls))
    first, second = read_recording(path).interactions
    assert (first.request.json(), first.response.body) == ({"q": 1}, b'{"a": 1}')
    assert first.response.headers[:2] == (("A", "1"), ("A", "2"))
    assert second.response.body == b'{"b": 2}'
