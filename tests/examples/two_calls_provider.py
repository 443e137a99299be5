"""A small provider on loopback that writes about cats, to record the example's cassettes from.

The joke and the poem are those that LangGraph's documentation shows for this example. No provider
was asked: the recorded answers say so in a header.
"""

from __future__ import annotations

from loopback import Reply, Request, openai_chat

ORIGIN = "a loopback server of this project's tests; no provider was asked"
PACE = 0.02  # seconds between two tokens, so that the demo can show them as they come

JOKE = """\
Why| was| the| cat| sitting| on| the| computer|?

|Because| it| wanted| to| keep| an| eye| on| the| mouse|!"""

POEM = """\
In| sun|lit| patches|,| sleek| and| sly|,|  
|Wh|isk|ers| twitch| as| shadows| fly|.|  
|With| velvet| paws| and| eyes| so| bright|,|  
|They| dance| through| dreams|,| both| day| and| night|.|  

|A| playful| p|ounce|,| a| gentle| p|urr|,|  
|In| every| leap|,| a| soft| allure|.|  
|Cur|led| in| warmth|,| a| silent| grace|,|  
|Each| furry| friend|,| a| warm| embrace|.|  

|Myst|ery| wrapped| in| fur| and| charm|,|  
|A| soothing| presence|,| a| gentle| balm|.|  
|In| their| gaze|,| the| world| slows| down|,|  
|For| in| their| realm|,| we're| all| ren|own|."""  # noqa: W291 - the poem's line breaks


def answer(request: Request) -> Reply:
    """Write the joke or the poem, whichever is asked for, one event per token."""
    wish = request.json["messages"][-1]["content"]
    text, reply_id = (JOKE, "chatcmpl-joke") if "joke" in wish else (POEM, "chatcmpl-poem")
    reply = openai_chat(text.split("|"), reply_id=reply_id).delayed(PACE)
    # langchain-openai keeps its async client over event loops; an open connection would outlive its
    # own loop
    return Reply(reply.steps, headers={"x-recorded-from": ORIGIN, "connection": "close"})
