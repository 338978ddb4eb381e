/** aws:ec2/getAmi:getAmi. */
import { boolean, list, map, string, type Invoke } from "../core/schema";
import type { Aws } from "./context";
import { asFilters, filters } from "./filters";
import { strings, tagState } from "./resource";

/** The image of a name: more than one is an error, unless the most recent is asked for. */
export const getAmi: Invoke<Aws> = {
  arguments: {
    filters,
    owners: list(string()),
    mostRecent: boolean(),
    nameRegex: string(),
    includeDeprecated: boolean(),
    executableUsers: list(string()),
    tags: map(string()),
    region: string(),
  },
  async call(aws, args) {
    const { Images = [] } = await (
      await aws.in(args.region).ec2()
    ).describeImages({
      ...asFilters(args),
      Owners: args.owners ? strings(args.owners) : undefined,
      ExecutableUsers: args.executableUsers ? strings(args.executableUsers) : undefined,
      IncludeDeprecated: args.includeDeprecated as boolean | undefined,
    });
    const named = args.nameRegex
      ? Images.filter(({ Name = "" }) => new RegExp(args.nameRegex as string).test(Name))
      : Images;
    if (named.length === 0)
      throw new Error("Your query returned no results. Please change your search criteria and try again.");
    if (named.length > 1 && args.mostRecent !== true) {
      throw new Error(
        "Your query returned more than one result. Please try a more specific search criteria, or set `most_recent` attribute to true.",
      );
    }
    const newest = named.sort((a, b) => (b.CreationDate ?? "").localeCompare(a.CreationDate ?? ""))[0];
    return {
      ...args,
      id: newest.ImageId,
      imageId: newest.ImageId,
      architecture: newest.Architecture,
      arn: `arn:${aws.partition}:ec2:${aws.in(args.region).region}::image/${newest.ImageId}`,
      blockDeviceMappings: (newest.BlockDeviceMappings ?? []).map(
        ({ DeviceName, Ebs = {}, NoDevice, VirtualName }) => ({
          deviceName: DeviceName,
          ebs: Object.fromEntries(Object.entries(Ebs).map(([key, value]) => [snake(key), String(value)])),
          noDevice: NoDevice ?? "",
          virtualName: VirtualName ?? "",
        }),
      ),
      bootMode: newest.BootMode ?? "",
      creationDate: newest.CreationDate ?? "",
      deprecationTime: newest.DeprecationTime ?? "",
      description: newest.Description ?? "",
      enaSupport: newest.EnaSupport ?? false,
      hypervisor: newest.Hypervisor ?? "",
      imageLocation: newest.ImageLocation ?? "",
      imageOwnerAlias: newest.ImageOwnerAlias ?? "",
      imageType: newest.ImageType ?? "",
      imdsSupport: newest.ImdsSupport ?? "",
      kernelId: newest.KernelId ?? "",
      lastLaunchedTime: newest.LastLaunchedTime ?? "",
      name: newest.Name ?? "",
      ownerId: newest.OwnerId ?? "",
      platform: newest.Platform ?? "",
      platformDetails: newest.PlatformDetails ?? "",
      productCodes: (newest.ProductCodes ?? []).map(({ ProductCodeId, ProductCodeType }) => ({
        productCodeId: ProductCodeId,
        productCodeType: ProductCodeType,
      })),
      public: newest.Public ?? false,
      ramdiskId: newest.RamdiskId ?? "",
      region: aws.in(args.region).region,
      rootDeviceName: newest.RootDeviceName ?? "",
      rootDeviceType: newest.RootDeviceType ?? "",
      rootSnapshotId:
        newest.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === newest.RootDeviceName)?.Ebs?.SnapshotId ??
        "",
      sriovNetSupport: newest.SriovNetSupport ?? "",
      state: newest.State ?? "",
      stateReason: { code: newest.StateReason?.Code ?? "UNSET", message: newest.StateReason?.Message ?? "UNSET" },
      tags: tagState(aws, newest.Tags, {}).tagsAll,
      tpmSupport: newest.TpmSupport ?? "",
      usageOperation: newest.UsageOperation ?? "",
      virtualizationType: newest.VirtualizationType ?? "",
    };
  },
};

function snake(key: string): string {
  return key.replace(/(?!^)([A-Z])/g, "_$1").toLowerCase();
}
