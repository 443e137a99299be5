"""A graph runtime with the public API of LangGraph.

Below the package name the import paths are LangGraph's: `runtime.graph`, `runtime.types`,
`runtime.config`, `runtime.runtime`, `runtime.channels`, `runtime.pregel`, `runtime.errors`,
`runtime.constants`, `runtime.prebuilt`. Order, time and ids of every run come through one port,
`runtime.turns`.
"""
