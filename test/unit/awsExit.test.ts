import type { EC2Client } from "@aws-sdk/client-ec2";
import { stopInApi } from "../../local/aws/reconcile/exit";

/** What an API that says this of an instance is told when its host has ended. */
async function told(state: string, reason: "poweroff" | "kill", behaviour = "stop"): Promise<string[]> {
  const commands: string[] = [];
  const answers: Record<string, unknown> = {
    DescribeInstancesCommand: { Reservations: [{ Instances: [{ State: { Name: state } }] }] },
    DescribeInstanceAttributeCommand: { InstanceInitiatedShutdownBehavior: { Value: behaviour } },
  };
  const send = async ({ constructor: { name } }: object) => {
    if (!name.startsWith("Describe")) commands.push(name);
    return answers[name] ?? {};
  };
  await stopInApi({ send } as unknown as EC2Client, "i-1", { reason, detail: "" });
  return commands;
}

describe("the API is told of a host that ended", () => {
  test("by itself", async () => {
    expect(await told("running", "poweroff")).toEqual(["StopInstancesCommand"]);
    expect(await told("running", "poweroff", "terminate")).toEqual(["TerminateInstancesCommand"]);
    expect(await told("running", "kill", "terminate")).toEqual(["StopInstancesCommand"]);
  });

  test.each(["stopped", "terminated"])("and not where it is %s there already", async (state) => {
    expect(await told(state, "kill")).toEqual([]);
  });
});
