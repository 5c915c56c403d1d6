"""AWS calls that several functions make: clients, error translation, scaling, metrics."""
