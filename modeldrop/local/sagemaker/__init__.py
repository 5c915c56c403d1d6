"""A local SageMaker: control plane, runtime and auto scaling APIs on the real `tritonserver`.

Start it with `python -m modeldrop.local.sagemaker --help`. It serves unmodified boto3 clients,
keeps its state in memory, and hosts each variant in one local Triton process.

Differences from AWS:

- One Triton process serves a variant; InitialInstanceCount is only recorded.
- The image of CreateModel is recorded, not pulled. The tritonserver always comes from the wheel.
- torch.jit replaces libtorch, with the same rules (see `triton_backends/pytorch`).
- A canary gets an exact share of the requests, not a number of instances. A rolling deployment
  shifts requests in batches, but starts only one server. A rollback does not bake.
- Alarms on endpoint metrics evaluate periods that end now, not whole minutes (`alarm_rules.py`).
- Scaling policies act, but one Triton process represents all instances of a variant: it stops at
  zero instances and starts again from zero. Predefined metrics other than invocations per instance
  have no data.
- The queue of an asynchronous endpoint is in memory.
- A serverless endpoint has one container for all concurrent requests. It stops after five idle
  minutes.
- A transform job has one container for all its instances. It sends the records of an object one
  after the other. A stopped job keeps the outputs that it has written.
- Network settings have no effect.
- An endpoint whose Triton crashes repeatedly becomes Failed. AWS does not document this case.
"""
