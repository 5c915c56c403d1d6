"""What happens to the requests in the queue of an asynchronous endpoint."""
