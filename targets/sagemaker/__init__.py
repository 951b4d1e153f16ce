"""Endpoints of Amazon SageMaker, as a Pulumi program and as a CloudFormation template."""
