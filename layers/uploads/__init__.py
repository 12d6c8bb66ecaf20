"""Import on the web: a file is brought in, looked into, tried and imported, step by step."""
