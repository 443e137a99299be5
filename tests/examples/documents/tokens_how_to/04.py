async for msg, metadata in graph.astream(
  {"topic": "cats"},
  stream_mode="messages",
):
  if msg.content:
    print(msg.content, end="|", flush=True)
