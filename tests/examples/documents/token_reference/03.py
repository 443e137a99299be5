for msg, meta in graph.stream(inputs, stream_mode="messages"):
    if meta["langgraph_step"] > 2:  # Skip early steps
        print(msg.content, end="")
