/** aws:iam/instanceProfile:InstanceProfile. */
import { string } from "../../core/schema";
import type { Value } from "../../core/wire";
import type { Aws } from "../context";
import { tagState, tagged, tagsOf } from "../resource";
import { retrying } from "../wait";

/** How an instance gets a role. */
export const instanceProfile = tagged(
  {
    properties: {
      name: string({ computed: true, forceNew: true }),
      path: string({ default: "/", forceNew: true }),
      role: string(),
      arn: string({ output: true }),
      createDate: string({ output: true }),
      uniqueId: string({ output: true }),
    },
    autoname: { property: "name", maxLength: 128 },
    async create(aws, inputs) {
      const tags = tagsOf(aws, inputs).map(({ Key, Value }) => ({ Key, Value }));
      await (
        await aws.iam()
      ).createInstanceProfile({
        InstanceProfileName: inputs.name as string,
        Path: inputs.path as string,
        ...(tags.length > 0 ? { Tags: tags } : {}),
      });
      return { id: inputs.name as string };
    },
    ready: (aws, id, inputs) => addRole(aws, id, inputs.role),
    async read(aws, id, known) {
      const { InstanceProfile: found } = await (await aws.iam()).getInstanceProfile({ InstanceProfileName: id });
      return (
        found && {
          arn: found.Arn,
          createDate: found.CreateDate?.toISOString(),
          name: found.InstanceProfileName,
          path: found.Path,
          role: found.Roles?.[0]?.RoleName,
          uniqueId: found.InstanceProfileId,
          ...tagState(aws, found.Tags, known),
        }
      );
    },
    async update(aws, id, { old, inputs }) {
      await removeRole(aws, id, old.role);
      await addRole(aws, id, inputs.role);
    },
    async delete(aws, id, state) {
      await removeRole(aws, id, state.role);
      await (await aws.iam()).deleteInstanceProfile({ InstanceProfileName: id });
    },
  },
  async (aws, id, put, remove) => {
    const iam = await aws.iam();
    if (remove.length > 0) await iam.untagInstanceProfile({ InstanceProfileName: id, TagKeys: remove });
    const Tags = put.map(({ Key, Value }) => ({ Key, Value }));
    if (put.length > 0) await iam.tagInstanceProfile({ InstanceProfileName: id, Tags });
  },
);

async function addRole(aws: Aws, InstanceProfileName: string, role: Value): Promise<void> {
  if (!role) return;
  const iam = await aws.iam();
  await retrying(aws, ["NoSuchEntity", "NoSuchEntityException"], 0.5, () =>
    iam.addRoleToInstanceProfile({ InstanceProfileName, RoleName: role as string }),
  );
}

/** The role may have gone before: deleting a role takes it out of its profiles. */
async function removeRole(aws: Aws, InstanceProfileName: string, role: Value): Promise<void> {
  const iam = await aws.iam();
  const { InstanceProfile: found } = await iam.getInstanceProfile({ InstanceProfileName });
  if (!found?.Roles?.some(({ RoleName }) => RoleName === role)) return;
  await iam.removeRoleFromInstanceProfile({ InstanceProfileName, RoleName: role as string });
}
