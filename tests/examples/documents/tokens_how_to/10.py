from openai import AsyncOpenAI

openai_client = AsyncOpenAI()
model_name = "gpt-4o-mini"


async def stream_tokens(model_name: str, messages: list[dict]):
  response = await openai_client.chat.completions.create(
    messages=messages, model=model_name, stream=True
  )

  role = None
  async for chunk in response:
    delta = chunk.choices[0].delta

    if delta.role is not None:
      role = delta.role

    if delta.content:
      yield {"role": role, "content": delta.content}


async def call_model(state, config, writer):
  topic = state["topic"]
  joke = ""
  poem = ""

  print("Writing joke...")
  async for msg_chunk in stream_tokens(
    model_name, [{"role": "user", "content": f"Write a joke about {topic}"}]
  ):
    joke += msg_chunk["content"]
    metadata = {**config["metadata"], "tags": ["joke"]}
    chunk_to_stream = (msg_chunk, metadata)
    writer(chunk_to_stream)

  print("\n\nWriting poem...")
  async for msg_chunk in stream_tokens(
    model_name, [{"role": "user", "content": f"Write a short poem about {topic}"}]
  ):
    poem += msg_chunk["content"]
    metadata = {**config["metadata"], "tags": ["poem"]}
    chunk_to_stream = (msg_chunk, metadata)
    writer(chunk_to_stream)

  return {"joke": joke, "poem": poem}


graph = StateGraph(State).add_node(call_model).add_edge(START, "call_model").compile()
