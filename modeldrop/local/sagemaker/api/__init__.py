"""The API of the local SageMaker: operations, validation, listing, descriptions."""
