agent = create_react_agent(
    model="anthropic:claude-3-7-sonnet-latest",
    tools=[get_weather],
)
# highlight-next-line
for chunk in agent.stream(
    {"messages": "what is the weather in sf"},
    # highlight-next-line
    stream_mode="updates"
):
    print(chunk)
