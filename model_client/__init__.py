"""What a client of a served model needs: tensors, requests, answers, and how fast many of them are.

The smoke test asks with it, and so do the commands that measure. It knows Triton's formats and
nothing of AWS: the way to the model is given to it.
"""
