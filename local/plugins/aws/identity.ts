/** Functions that say where and who the provider is. */
import { string, type Invoke } from "../core/schema";
import type { Aws } from "./context";

/** The region of the provider, or another of its partition. */
export const getRegion: Invoke<Aws> = {
  arguments: { region: string(), name: string(), id: string(), endpoint: string() },
  async call(aws, args) {
    const region = ((args.region ?? args.name ?? args.id) as string | undefined) ?? aws.region;
    return { id: region, name: region, region, endpoint: `ec2.${region}.${suffix(aws)}`, description: region };
  },
};

/** Whose credentials the provider uses. */
export const getCallerIdentity: Invoke<Aws> = {
  arguments: { id: string() },
  async call(aws) {
    const { account, arn, userId } = await aws.caller();
    return { id: account, accountId: account, arn, userId };
  },
};

/** The partition of AWS that the region belongs to. */
export const getPartition: Invoke<Aws> = {
  arguments: { id: string() },
  async call(aws) {
    const dnsSuffix = suffix(aws);
    const reverseDnsPrefix = dnsSuffix.split(".").reverse().join(".");
    return { id: aws.partition, partition: aws.partition, dnsSuffix, reverseDnsPrefix };
  },
};

function suffix(aws: Aws): string {
  return aws.partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
}
