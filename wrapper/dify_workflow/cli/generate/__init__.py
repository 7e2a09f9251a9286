"""`dify-workflow generate`: writes a typed module for one workflow."""
