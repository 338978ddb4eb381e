import { GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import { consoleCommand } from "./bootReport";
import { ec2Client } from "./ec2";

const LINES = 12;

/** What an instance has printed on its console last, or why that cannot be told: for one that says nothing by itself. */
export async function lastConsoleLines(InstanceId: string): Promise<string[]> {
  const hint = consoleCommand(InstanceId);
  try {
    const { Output = "" } = await ec2Client().send(new GetConsoleOutputCommand({ InstanceId, Latest: true }));
    const lines = consoleLines(Buffer.from(Output, "base64").toString());
    return lines.length > 0 ? ["Its console says:", ...lines.slice(-LINES)] : [`Its console is empty yet: ${hint}`];
  } catch (error) {
    return [`Its console may tell why: ${hint} (${(error as Error).message})`];
  }
}

/** The lines of a console without what colours and moves them. */
export function consoleLines(text: string): string[] {
  return text
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}
