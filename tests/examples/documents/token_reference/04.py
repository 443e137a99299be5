metadata = {
    "langgraph_node": "agent",      # Node that invoked LLM
    "langgraph_step": 3,            # Current execution step
    "langgraph_triggers": ["..."],  # What triggered this node
    "run_id": "abc-123",            # Unique run ID
    "tags": ["main_response"],      # Model tags
    "ls_model_name": "claude-...",  # Model identifier
}
