import { type SSMClient, paginateGetParametersByPath } from "@aws-sdk/client-ssm";
import { type BootReport, parseBootReport } from "./bootReport";

/**
 * What every host said last, whatever became of it, by its name; undefined for one that has not said anything yet.
 *
 * @param Path where the reports are among the SSM parameters
 */
export async function lastReports(client: SSMClient, Path: string): Promise<Map<string, BootReport | undefined>> {
  const found = new Map<string, BootReport | undefined>();
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path })) {
    for (const { Name, Value } of Parameters) found.set(Name!.slice(Path.length + 1), parseBootReport(Value!));
  }
  return found;
}
