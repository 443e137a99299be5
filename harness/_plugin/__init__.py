"""The parts of the pytest plugin, which `harness.plugin` registers."""
