"""Tell whoever captures a stream what a model was asked, and where the answer stands."""

from __future__ import annotations

import json
import os
from functools import partial

from harness._answered import Answered, note
from harness.cassettes._scrub import Scrubber
from harness.models._request import ModelRequest
from harness.models._speech import Answer
from harness.models._tape import ModelInteraction, Take
from harness.models._tape_file import interaction_text


def note_answer(
    request: ModelRequest, source: str, answer: Answer | ModelInteraction | Take
) -> None:
    """Note a call that a script or a cassette answers, or a live model that is recorded.

    Args:
        request: What is asked.
        source: Where the answer stands, for people.
        answer: What is played, or what is being recorded.
    """
    asked = partial(json.dumps, request.tree(), sort_keys=True)
    note(Answered(source, asked, partial(str, request), partial(_text, answer)))


def _text(answer: Answer | ModelInteraction | Take) -> str:
    if isinstance(answer, Answer):
        return repr((answer.pieces, answer.error, answer.whole))
    item = answer.interaction(0) if isinstance(answer, Take) else answer
    return interaction_text(item, Scrubber.of_environment(os.environ))
