"""When the recorded pieces arrive: their order, and recorded time that passes without waiting."""
