"""The Python API of `import modeldrop`, which the commands also use."""
