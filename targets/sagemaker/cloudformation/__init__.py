"""The same deployment as a CloudFormation template: for those without Pulumi, and for cfn-lint."""
