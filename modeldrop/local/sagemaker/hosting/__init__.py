"""What the local SageMaker hosts: models, endpoints, variants, and their traffic."""
