"""A SageMaker of one's own: AWS's control plane, runtime and scaling over the real `tritonserver`.

Start it with `python -m modeldrop.local.sagemaker --help`. It answers unmodified boto3 clients,
keeps its state in memory and hosts each production variant in one Triton process on 127.0.0.1.

What differs from AWS, so that nobody takes a local pass for more than it is:

- One Triton process serves a variant whatever InitialInstanceCount says; the count is recorded.
- The image of CreateModel is recorded, not pulled. The server is always the one of the wheel.
- libtorch is replaced by torch.jit under the same rules (see `triton_backends/pytorch`).
- A canary is a part of the requests, exact to one, not a number of instances. A rolling deployment
  shifts requests by batches, but its server is started once. A roll back does not bake.
- Alarms on endpoints' metrics look back from now, not on whole minutes (see `alarm_rules.py`).
- Application Auto Scaling keeps targets and policies, and scales nothing.
- No IAM: the caller's signature, the role and the network settings are not checked.
- A Triton that dies while InService stays dead (SageMaker would start the container again).
"""
