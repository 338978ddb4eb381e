import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  type IAMClient,
} from "@aws-sdk/client-iam";
import type { PolicyDocument } from "./policy";

/** The policies of roles, kept until something in IAM changes. */
export class RolePolicies {
  private readonly known = new Map<string, Promise<PolicyDocument[]>>();

  constructor(private readonly iam: IAMClient) {}

  of(role: string): Promise<PolicyDocument[]> {
    const policies = this.known.get(role) ?? this.read(role);
    this.known.set(role, policies);
    // What could not be read is read again the next time.
    policies.catch(() => this.known.delete(role));
    return policies;
  }

  forget(): void {
    this.known.clear();
  }

  private async read(RoleName: string): Promise<PolicyDocument[]> {
    const [inline, attached] = await Promise.all([
      this.iam.send(new ListRolePoliciesCommand({ RoleName })),
      this.iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
    ]);
    return Promise.all([
      ...(inline.PolicyNames ?? []).map(async (PolicyName) => {
        const policy = await this.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
        return parse(policy.PolicyDocument);
      }),
      ...(attached.AttachedPolicies ?? []).map(async ({ PolicyArn }) => {
        const { Policy } = await this.iam.send(new GetPolicyCommand({ PolicyArn }));
        const VersionId = Policy?.DefaultVersionId;
        const version = await this.iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
        return parse(version.PolicyVersion?.Document);
      }),
    ]);
  }
}

/** IAM answers with the document URL-encoded. */
function parse(document: string | undefined): PolicyDocument {
  const text = document ?? "";
  return JSON.parse(text.trimStart().startsWith("{") ? text : decodeURIComponent(text)) as PolicyDocument;
}
