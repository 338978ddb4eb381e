import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/**
 * A step of the deployment that waits for something outside of it, and fails with its reason. It runs when it is made, and again whenever
 * its environment changes: with the id of an instance in it, whenever that instance is replaced.
 *
 * @param name its Pulumi name
 * @param program a program in `gates/`, without its extension
 * @param environment what the program reads
 */
export function gate(
  name: string,
  program: "awaitBoot" | "awaitLoadBalancer",
  environment: Record<string, pulumi.Input<string>>,
  opts: pulumi.CustomResourceOptions,
): local.Command {
  // The AWS provider's profile is in the stack's configuration, where the AWS SDK of a program of its own does not look.
  const profile = new pulumi.Config("aws").get("profile");
  return new local.Command(
    name,
    {
      // Commands run in the project's directory. An absolute path would differ from machine to machine, and so would the plan.
      create: `exec node --import tsx gates/${program}.ts`,
      environment: { ...environment, ...(profile !== undefined && { AWS_PROFILE: profile }) },
    },
    opts,
  );
}
