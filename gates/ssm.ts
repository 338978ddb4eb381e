import { SSMClient } from "@aws-sdk/client-ssm";
import { ATTEMPTS, type Reach, explained } from "./aws";

export const ssmClient = (reach: Reach = {}) => explained("ssm", new SSMClient({ maxAttempts: ATTEMPTS, ...reach }));
