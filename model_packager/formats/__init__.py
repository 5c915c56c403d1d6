"""The formats of model files: recognizes and reads them without loading the model."""
