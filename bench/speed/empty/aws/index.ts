/** What a preview of a program costs that does nothing: it imports the AWS SDK of Pulumi, whole. */
import * as aws from "@pulumi/aws";

export const region = aws.config.region;
