import { EC2Client } from "@aws-sdk/client-ec2";
import { ATTEMPTS, type Reach, explained } from "./aws";

export const ec2Client = (reach: Reach = {}) => explained("ec2", new EC2Client({ maxAttempts: ATTEMPTS, ...reach }));
