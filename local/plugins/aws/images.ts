/** aws:ec2/getAmiIds:getAmiIds. */
import { boolean, list, string, type Invoke } from "../core/schema";
import type { Aws } from "./context";
import { asFilters, filters } from "./filters";
import { strings } from "./resource";

/** The images that fit, the newest first unless told otherwise; none is no error. */
export const getAmiIds: Invoke<Aws> = {
  arguments: {
    filters,
    owners: list(string(), { required: true }),
    nameRegex: string(),
    includeDeprecated: boolean(),
    executableUsers: list(string()),
    sortAscending: boolean(),
    region: string(),
  },
  async call(aws, args) {
    const { Images = [] } = await (
      await aws.in(args.region).ec2()
    ).describeImages({
      ...asFilters(args),
      Owners: strings(args.owners),
      ExecutableUsers: args.executableUsers ? strings(args.executableUsers) : undefined,
      IncludeDeprecated: args.includeDeprecated as boolean | undefined,
    });
    const named = args.nameRegex
      ? Images.filter(({ Name = "" }) => new RegExp(args.nameRegex as string).test(Name))
      : Images;
    const newestFirst = named
      .sort((a, b) => (b.CreationDate ?? "").localeCompare(a.CreationDate ?? ""))
      .map(({ ImageId }) => ImageId!);
    const { region } = aws.in(args.region);
    return { ...args, id: region, region, ids: args.sortAscending === true ? newestFirst.reverse() : newestFirst };
  },
};
