"""One worked example for every operation: what its page in OpenAPI shows. Nobody here is real."""
