async for msg, metadata in graph.astream(
  {"topic": "cats"},
  stream_mode="custom",
):
  print(msg["content"], end="|", flush=True)
