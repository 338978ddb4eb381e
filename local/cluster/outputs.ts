/** The stack's outputs, as far as the commands here use them. */
import type { Stack } from "@pulumi/pulumi/automation";

/** One of the stack's hosts, as its output `hosts` has it. */
export interface HostOutput {
  name: string;
  address: string;
  zone: string;
  services: string[];
  instanceId: string;
  /** Name of the SSM parameter with its boot report. */
  bootReport: string;
}

/** Outputs of the stack. */
export interface StackOutputs {
  studioUrl: string;
  adminToken: string;
  /** The load balancer's own name, which on this machine is its address. */
  loadBalancer: string;
  hosts: HostOutput[];
}

/**
 * @throws When nothing was deployed to the stack yet.
 */
export async function readOutputs(stack: Stack): Promise<StackOutputs> {
  const outputs = await stack.outputs();
  if (!outputs.studioUrl) throw new Error("The local AWS runs, but has no cluster yet. Deploy it with: npm start");
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { value }]) => [name, value]),
  ) as unknown as StackOutputs;
}
