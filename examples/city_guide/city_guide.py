"""Answers questions about a city: a researcher with two tools, then a writer.

The researcher is a graph inside the graph. It asks the model, calls the tools that the model wants,
and asks again, until the model has what it needs. The writer makes an answer of its notes.
"""

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import SystemMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

WEATHER = {"Lisbon": "21 degrees, a light wind", "Oslo": "4 degrees, sleet"}
HOURS = {"Gulbenkian": "10:00 to 18:00, closed on Tuesdays", "Munch": "10:00 to 21:00"}

RESEARCH = SystemMessage("Look up what the question needs. Then write notes, no sentences.")
WRITE = SystemMessage("Answer the question from the notes, in one friendly sentence.")


@tool
def weather(city: str) -> str:
    """Tell today's weather in a city."""
    return WEATHER.get(city, "unknown")


@tool
def opening_hours(museum: str) -> str:
    """Tell when a museum is open."""
    return HOURS.get(museum, "unknown")


TOOLS = [weather, opening_hours]


def build(model: BaseChatModel | None = None):
    """Return the graph."""
    model = model or ChatOpenAI(model="gpt-4o-mini")
    researcher = model.bind_tools(TOOLS)

    def ask(state: MessagesState, config: RunnableConfig) -> dict:
        return {"messages": [researcher.invoke([RESEARCH, *state["messages"]], config)]}

    def write(state: MessagesState, config: RunnableConfig) -> dict:
        question, *_, notes = state["messages"]
        return {"messages": [model.invoke([WRITE, question, notes], config)]}

    research = StateGraph(MessagesState)
    research.add_node("ask", ask)
    research.add_node("tools", ToolNode(TOOLS))
    research.add_edge(START, "ask")
    research.add_conditional_edges("ask", tools_condition)
    research.add_edge("tools", "ask")

    guide = StateGraph(MessagesState)
    guide.add_node("research", research.compile())
    guide.add_node("write", write)
    guide.add_edge(START, "research")
    guide.add_edge("research", "write")
    guide.add_edge("write", END)
    return guide.compile()
