"""Generated turns of a script: texts, messages and chunks with everything a provider streams."""

from __future__ import annotations

from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.tool import tool_call, tool_call_chunk

TEXT = st.text(max_size=20)
NAMES = st.sampled_from(["weather", "time_in"])
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), TEXT),
    lambda parts: st.one_of(
        st.lists(parts, max_size=2), st.dictionaries(st.sampled_from("abc"), parts, max_size=2)
    ),
    max_leaves=4,
)
ARGS = st.dictionaries(st.sampled_from(["city", "days"]), PLAIN, max_size=2)
CALLS = st.lists(
    st.builds(lambda name, args: tool_call(name=name, args=args, id=None), NAMES, ARGS), max_size=3
)
USAGE = st.none() | st.builds(
    lambda i, o: {"input_tokens": i, "output_tokens": o, "total_tokens": i + o},
    st.integers(0, 99),
    st.integers(0, 99),
)
METADATA = st.dictionaries(st.sampled_from(["model_name", "finish_reason"]), TEXT, max_size=2)
BLOCK = st.one_of(
    st.builds(lambda t: {"type": "text", "text": t}, TEXT),
    st.builds(lambda t: {"type": "reasoning", "reasoning": t}, TEXT),
    st.just({"type": "image", "url": "https://example.com/cat.png"}),
)
CONTENT = TEXT | st.lists(BLOCK, max_size=3)
BESIDE = st.dictionaries(st.just("refusal"), TEXT, max_size=1)
MESSAGES = st.builds(
    lambda content, calls, usage, metadata, beside, own: AIMessage(
        content,
        tool_calls=calls,
        usage_metadata=usage,
        response_metadata=metadata,
        additional_kwargs=beside,
        id=own,
    ),
    CONTENT,
    CALLS,
    USAGE,
    METADATA,
    BESIDE,
    st.none() | st.just("own"),
)
FRAGMENTS = st.lists(
    st.builds(
        lambda name, args, index: tool_call_chunk(name=name, args=args, id=name, index=index),
        st.none() | NAMES,
        TEXT,
        st.integers(0, 2),
    ),
    max_size=2,
)
CHUNKS = st.builds(
    lambda text, fragments, usage: AIMessageChunk(
        content=text, tool_call_chunks=fragments, usage_metadata=usage
    ),
    TEXT,
    FRAGMENTS,
    USAGE,
)
TURNS = st.one_of(TEXT, MESSAGES, st.lists(TEXT | CHUNKS, min_size=1, max_size=5))
CUTS = st.one_of(st.sampled_from(["words", "given"]), st.integers(1, 5))
