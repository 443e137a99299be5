from typing import TypedDict
from langgraph.graph import START, StateGraph, MessagesState
from langchain_openai import ChatOpenAI


# Note: we're adding the tags here to be able to filter the model outputs down the line
joke_model = ChatOpenAI(model="gpt-4o-mini", tags=["joke"])
poem_model = ChatOpenAI(model="gpt-4o-mini", tags=["poem"])


class State(TypedDict):
  topic: str
  joke: str
  poem: str


async def call_model(state, config):
  topic = state["topic"]
  print("Writing joke...")
  # Note: Passing the config through explicitly is required for python < 3.11
  # Since context var support wasn't added before then: https://docs.python.org/3/library/asyncio-task.html#creating-tasks
  joke_response = await joke_model.ainvoke(
    [{"role": "user", "content": f"Write a joke about {topic}"}],
    config,
  )
  print("\n\nWriting poem...")
  poem_response = await poem_model.ainvoke(
    [{"role": "user", "content": f"Write a short poem about {topic}"}],
    config,
  )
  return {"joke": joke_response.content, "poem": poem_response.content}


graph = StateGraph(State).add_node(call_model).add_edge(START, "call_model").compile()
