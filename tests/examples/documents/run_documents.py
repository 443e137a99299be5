"""Run the examples of documents under the switch, one after the other, like notebooks.

`python run_documents.py MODE DOCUMENT/FORM...`: each with its cassette in that record mode, and
`printed` as it is or `turned`, with sync and async streams exchanged where its graph has both. What
one prints comes after a line `=== DOCUMENT/FORM`.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
import warnings
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CASSETTES = HERE.parents[2] / "cassettes" / "documents"
PROVIDERS = {"openai": "https://api.openai.com", "anthropic": "https://api.anthropic.com"}
# what a document takes for granted, as its earlier pages have it
WEATHER = '''
from langgraph.prebuilt import create_react_agent

def get_weather(city: str) -> str:
    """Get weather for a given city."""
    return f"It's always sunny in {city}!"
'''
GRAPH = (
    WEATHER
    + """
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph

model = ChatAnthropic(model="claude-sonnet-4-20250514")

def says(state: MessagesState):
    return {"messages": [model.invoke(state["messages"][:1])]}

def calls(state: MessagesState):
    asked = model.bind_tools([get_weather]).with_config(tags=["nostream"])
    answer = asked.invoke(state["messages"][:1])
    # the document speaks of calls without content, which Anthropic's are not
    return {"messages": [AIMessage("", tool_calls=answer.tool_calls)]}

graph = StateGraph(MessagesState)
graph = graph.add_sequence([("writer", says), ("agent", calls), ("assistant", says)])
graph = graph.add_edge(START, "writer").compile()
inputs = {"messages": [("user", "what is the weather in sf")]}
"""
)
STATE = """
from typing import TypedDict

class State(TypedDict):
    topic: str

inputs = {"topic": "cats"}
"""
SETTINGS = {
    "agent_progress": WEATHER,
    "agent_tokens": WEATHER,
    "messages_mode": "",
    "token_reference": GRAPH,
    "tokens_how_to": STATE + "from langgraph.graph import START\n",
}
# what makes use of what a block defines
AFTERWARDS = {
    "token_reference/05": "async for piece in stream_chat_response('hi'): print('piece', piece)",
    "token_reference/07": "print('whole', len(list(graph.stream(inputs, stream_mode='messages'))))",
}


def turned(code: str) -> str:
    """Return the code with sync and async streams of graphs exchanged."""
    sync = re.compile(r"(?m)^for (.+) in (graph|agent)\.stream\(")
    asynchronous = re.compile(r"(?m)^async for (.+) in (graph|agent)\.astream\(")
    if sync.search(code):
        return sync.sub(r"async for \1 in \2.astream(", code)
    return asynchronous.sub(r"for \1 in \2.stream(", code)


async def run(code: str, where: str, names: dict[str, Any]) -> None:
    """Run a cell; `await` and `async for` may stand at its top, as in a notebook."""
    compiled = compile(code, where, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(compiled, names)  # noqa: S307 - our own examples
    if inspect.isawaitable(result):
        await result


async def play(document: str, form: str, mode: Any) -> None:
    """Run the examples of a document."""
    from harness import use_cassette  # noqa: PLC0415 - the switch comes first

    provider = "openai" if document in ("messages_mode", "tokens_how_to") else "anthropic"
    names: dict[str, Any] = {"__name__": "__main__"}
    await run(SETTINGS[document], "setting", names)
    cassette = CASSETTES / f"{document}.yaml"
    async with use_cassette(cassette, mode, recorded_as=PROVIDERS[provider]):
        for path in sorted((HERE / document).glob("*.py")):
            code = path.read_text(encoding="utf-8")
            print(f"--- {path.stem}")
            await run(turned(code) if form == "turned" else code, str(path), names)
            await run(AFTERWARDS.get(f"{document}/{path.stem}", ""), "afterwards", names)


def main(mode: str, *wanted: str) -> None:
    """Run them all, each in an event loop of its own."""
    from runtime import as_langgraph  # noqa: PLC0415 - before anything imports LangGraph

    as_langgraph.install()
    for name in wanted:
        print(f"\n=== {name}")
        asyncio.run(play(*name.split("/"), mode))
    assert "langgraph.pregel._loop" not in sys.modules, "the installed LangGraph was loaded"


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # of models that retire
    main(*sys.argv[1:])
