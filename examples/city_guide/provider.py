"""A small provider on this machine, which the cassettes of this example were recorded from.

    python provider.py 8765

It speaks as much of OpenAI's chat completions as the guide needs. Your own cassettes come from your
own provider, with your key.
"""

import json
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CALLS = [("weather", '{"city": "Lisbon"}'), ("opening_hours", '{"museum": "Gulbenkian"}')]
NOTES = ["21 degrees,", " light", " wind;", " Gulbenkian", " 10:00", " to", " 18:00"]
ANSWER = ["It", " is", " a", " mild", " 21", " degrees", " in", " Lisbon", ", and", " the"]
ANSWER += [" Gulbenkian", " is", " open", " until", " six", "."]
PACE = 0.01  # seconds between two pieces


def deltas(request: dict) -> Iterator[dict]:
    """Say what the model says to this request, piece by piece."""
    yield {"role": "assistant", "content": ""}
    if "tools" not in request:
        yield from ({"content": word} for word in ANSWER)
    elif any(message["role"] == "tool" for message in request["messages"]):
        yield from ({"content": word} for word in NOTES)
    else:
        for index, (name, arguments) in enumerate(CALLS):
            call = {"index": index, "id": f"call_{index}", "type": "function"}
            yield {"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]}
            for part in (arguments[:9], arguments[9:]):
                yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


def events(request: dict) -> Iterator[dict]:
    """Make the events of a stream of what the model says."""
    pieces = list(deltas(request))
    reason = "tool_calls" if "tool_calls" in pieces[-1] else "stop"
    about = {
        "id": f"chatcmpl-{len(request['messages'])}",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": request["model"],
    }
    for piece in pieces:
        yield {**about, "choices": [{"index": 0, "delta": piece, "finish_reason": None}]}
    yield {**about, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    size = len(json.dumps(request["messages"])) // 4
    usage = {"prompt_tokens": size, "completion_tokens": len(pieces)}
    yield {**about, "choices": [], "usage": {**usage, "total_tokens": sum(usage.values())}}


class Provider(BaseHTTPRequestHandler):
    """Answers each request with a stream."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Send the events one by one."""
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("x-recorded-from", "a loopback server; no provider was asked")
        self.end_headers()
        for event in (*map(json.dumps, events(request)), "[DONE]"):
            piece = f"data: {event}\n\n".encode()
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            time.sleep(PACE)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Provider) as server:
        print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
        server.serve_forever()
