# For models that don't support streaming
model = ChatAnthropic(
    model="claude-sonnet-4-20250514",
    streaming=False
)

# Or with disable_streaming
model = ChatAnthropic(
    model="claude-sonnet-4-20250514",
    disable_streaming=True
)
