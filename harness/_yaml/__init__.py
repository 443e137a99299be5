"""YAML as recordings need it: read as data, without constructors, and written as people read it."""
