"""Why an endpoint could not be started, or a model did not answer: texts, causes and fixes."""
