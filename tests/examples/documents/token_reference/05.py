async def stream_chat_response(user_message: str):
    """Stream response for chat UI."""
    buffer = []

    async for msg, meta in graph.astream(
        {"messages": [("user", user_message)]},
        stream_mode="messages"
    ):
        if meta["langgraph_node"] == "assistant":
            if msg.content:
                buffer.append(msg.content)
                yield msg.content  # Yield each chunk

    # Return full message for storage
    # return "".join(buffer)
