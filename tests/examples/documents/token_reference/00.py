for message_chunk, metadata in graph.stream(
    {"messages": [("user", "Write a poem about AI")]},
    stream_mode="messages"
):
    if message_chunk.content:
        print(message_chunk.content, end="", flush=True)
