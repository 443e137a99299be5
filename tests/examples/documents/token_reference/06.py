for msg, meta in graph.stream(inputs, stream_mode="messages"):
    if msg.content:
        # Regular text content
        print(msg.content, end="")
    elif msg.tool_calls:
        # Tool call (not streamed token-by-token)
        for tc in msg.tool_calls:
            print(f"\n[Calling tool: {tc['name']}]")
