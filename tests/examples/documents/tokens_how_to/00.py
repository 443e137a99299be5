from langgraph.graph import StateGraph
from langchain_openai import ChatOpenAI

model = ChatOpenAI()
def call_model(state: State):
  model.invoke("Write a joke about cats")
  ...

graph = (
  StateGraph(State)
  .add_node(call_model)
  .set_entry_point("call_model")
  .compile()
)

for msg, metadata in graph.stream(inputs, stream_mode="messages"):
  print(msg)
