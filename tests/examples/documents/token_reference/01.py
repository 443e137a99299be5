for msg, meta in graph.stream(inputs, stream_mode="messages"):
    # Only show tokens from specific node
    if meta["langgraph_node"] == "writer":
        print(msg.content, end="")
