"""The sub-commands of `harness`, one module each: its arguments, and what it does with them."""
