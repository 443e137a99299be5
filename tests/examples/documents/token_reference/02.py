# Tag your model
model = ChatAnthropic(
    model="claude-sonnet-4-20250514",
    tags=["main_response"]
)

# Filter by tag
for msg, meta in graph.stream(inputs, stream_mode="messages"):
    if "main_response" in meta.get("tags", []):
        print(msg.content, end="")
