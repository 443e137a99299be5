async for msg, metadata in graph.astream(
  {"topic": "cats"},
  stream_mode="custom",
):
  if "poem" in metadata.get("tags", []):
    print(msg["content"], end="|", flush=True)
