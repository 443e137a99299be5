async for msg, metadata in graph.astream(
  {"topic": "cats"},
  stream_mode="messages",
):
  if msg.content and "joke" in metadata.get("tags", []):
    print(msg.content, end="|", flush=True)
