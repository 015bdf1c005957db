"""A storm over the whole house: many people write while everything around it fails; then the account is drawn.

`python -m tests.storm` (or `make storm`) lets a long one blow; tests/flows/test_storm.py a short one.
"""
