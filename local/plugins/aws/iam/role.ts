/** aws:iam/role:Role, and the policies of roles. */
import { boolean, json, number, string } from "../../core/schema";
import type { Value } from "../../core/wire";
import type { Aws } from "../context";
import { tagState, tagged, tagsOf, type AwsResource } from "../resource";
import { retrying } from "../wait";

/** IAM tells itself of a new thing only after a while. */
const SETTLING = ["MalformedPolicyDocument", "InvalidPrincipal"];

/** Who may be this role; policies say what it may do. */
export const role = tagged(
  {
    properties: {
      name: string({ computed: true, forceNew: true }),
      assumeRolePolicy: json({ required: true }),
      description: string(),
      path: string({ default: "/", forceNew: true }),
      maxSessionDuration: number({ default: 3600 }),
      permissionsBoundary: string(),
      forceDetachPolicies: boolean({ default: false, writeOnly: true }),
      arn: string({ output: true }),
      createDate: string({ output: true }),
      uniqueId: string({ output: true }),
    },
    autoname: { property: "name", maxLength: 64 },
    async create(aws, inputs) {
      const iam = await aws.iam();
      const tags = tagsOf(aws, inputs).map(({ Key, Value }) => ({ Key, Value }));
      await retrying(aws, SETTLING, 1, () =>
        iam.createRole({
          RoleName: inputs.name as string,
          AssumeRolePolicyDocument: inputs.assumeRolePolicy as string,
          Description: inputs.description as string | undefined,
          Path: inputs.path as string,
          MaxSessionDuration: inputs.maxSessionDuration as number,
          PermissionsBoundary: inputs.permissionsBoundary as string | undefined,
          ...(tags.length > 0 ? { Tags: tags } : {}),
        }),
      );
      return { id: inputs.name as string };
    },
    async read(aws, id, known) {
      const { Role: found } = await (await aws.iam()).getRole({ RoleName: id });
      return (
        found && {
          arn: found.Arn,
          assumeRolePolicy: decodeURIComponent(found.AssumeRolePolicyDocument ?? ""),
          createDate: found.CreateDate?.toISOString(),
          description: found.Description || undefined,
          maxSessionDuration: found.MaxSessionDuration,
          name: found.RoleName,
          path: found.Path,
          permissionsBoundary: found.PermissionsBoundary?.PermissionsBoundaryArn,
          uniqueId: found.RoleId,
          ...tagState(aws, found.Tags, known),
        }
      );
    },
    async update(aws, id, { inputs, changed }) {
      const iam = await aws.iam();
      if (changed.has("assumeRolePolicy")) {
        const PolicyDocument = inputs.assumeRolePolicy as string;
        await retrying(aws, SETTLING, 1, () => iam.updateAssumeRolePolicy({ RoleName: id, PolicyDocument }));
      }
      if (changed.has("description") || changed.has("maxSessionDuration")) {
        await iam.updateRole({
          RoleName: id,
          Description: (inputs.description as string | undefined) ?? "",
          MaxSessionDuration: inputs.maxSessionDuration as number,
        });
      }
      if (changed.has("permissionsBoundary")) await setBoundary(aws, id, inputs.permissionsBoundary);
    },
    async delete(aws, id, state) {
      const iam = await aws.iam();
      const { InstanceProfiles = [] } = await iam.listInstanceProfilesForRole({ RoleName: id });
      for (const { InstanceProfileName } of InstanceProfiles) {
        await iam.removeRoleFromInstanceProfile({ InstanceProfileName, RoleName: id });
      }
      if (state.forceDetachPolicies === true) await detachAll(aws, id);
      await retrying(aws, ["DeleteConflict", "DeleteConflictException"], 1, () => iam.deleteRole({ RoleName: id }));
    },
  },
  async (aws, id, put, remove) => {
    const iam = await aws.iam();
    if (remove.length > 0) await iam.untagRole({ RoleName: id, TagKeys: remove });
    if (put.length > 0) await iam.tagRole({ RoleName: id, Tags: put.map(({ Key, Value }) => ({ Key, Value })) });
  },
);

async function setBoundary(aws: Aws, id: string, boundary: Value): Promise<void> {
  const iam = await aws.iam();
  if (boundary) await iam.putRolePermissionsBoundary({ RoleName: id, PermissionsBoundary: boundary as string });
  else await iam.deleteRolePermissionsBoundary({ RoleName: id });
}

async function detachAll(aws: Aws, id: string): Promise<void> {
  const iam = await aws.iam();
  const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName: id });
  for (const { PolicyArn } of AttachedPolicies) await iam.detachRolePolicy({ RoleName: id, PolicyArn });
  const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName: id });
  for (const PolicyName of PolicyNames) await iam.deleteRolePolicy({ RoleName: id, PolicyName });
}

/** aws:iam/rolePolicy:RolePolicy, a policy that is part of its role. */
export const rolePolicy: AwsResource = {
  properties: {
    name: string({ computed: true, forceNew: true }),
    role: string({ required: true, forceNew: true }),
    policy: json({ required: true }),
  },
  autoname: { property: "name", maxLength: 128 },
  async create(aws, inputs) {
    await putPolicy(aws, inputs.role, inputs.name, inputs.policy);
    return { id: `${inputs.role as string}:${inputs.name as string}` };
  },
  async read(aws, id) {
    const [RoleName, PolicyName] = id.split(":");
    const found = await (await aws.iam()).getRolePolicy({ RoleName, PolicyName });
    return { role: found.RoleName, name: found.PolicyName, policy: decodeURIComponent(found.PolicyDocument ?? "") };
  },
  update: (aws, _id, { inputs }) => putPolicy(aws, inputs.role, inputs.name, inputs.policy),
  async delete(aws, id) {
    const [RoleName, PolicyName] = id.split(":");
    await (await aws.iam()).deleteRolePolicy({ RoleName, PolicyName });
  },
};

async function putPolicy(aws: Aws, role: Value, name: Value, policy: Value): Promise<void> {
  const [RoleName, PolicyName, PolicyDocument] = [role, name, policy] as string[];
  await (await aws.iam()).putRolePolicy({ RoleName, PolicyName, PolicyDocument });
}

/** aws:iam/rolePolicyAttachment:RolePolicyAttachment, a policy of its own given to a role. */
export const rolePolicyAttachment: AwsResource = {
  properties: {
    role: string({ required: true, forceNew: true }),
    policyArn: string({ required: true, forceNew: true }),
  },
  async create(aws, inputs) {
    const [RoleName, PolicyArn] = [inputs.role, inputs.policyArn] as string[];
    await (await aws.iam()).attachRolePolicy({ RoleName, PolicyArn });
    return { id: `${RoleName}-${PolicyArn}` };
  },
  async read(aws, id, known) {
    // The real provider imports by `<role>/<policy ARN>`.
    const [RoleName, PolicyArn] = known.role
      ? ([known.role, known.policyArn] as string[])
      : [id.split("/")[0], id.replace(/^[^/]*\//, "")];
    const { AttachedPolicies = [] } = await (await aws.iam()).listAttachedRolePolicies({ RoleName });
    return AttachedPolicies.some((policy) => policy.PolicyArn === PolicyArn)
      ? { role: RoleName, policyArn: PolicyArn }
      : undefined;
  },
  async delete(aws, _id, state) {
    const [RoleName, PolicyArn] = [state.role, state.policyArn] as string[];
    await (await aws.iam()).detachRolePolicy({ RoleName, PolicyArn });
  },
};
