"""The Python API, which `import modeldrop` offers and the commands use."""
