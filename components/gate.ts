import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

type Environment = Record<string, pulumi.Input<string>>;

/**
 * A step of the deployment that waits for something outside of it, and fails with its reason. It runs when it is made, and again whenever
 * its environment changes: with the id of an instance in it, whenever that instance is replaced.
 *
 * @param name its Pulumi name
 * @param program a program in `gates/`, without its extension
 * @param environment what the program reads
 * @param when whether it runs when it is made, too, and what is run when it is deleted
 */
export function gate(
  name: string,
  program:
    | "awaitBoot"
    | "awaitInService"
    | "awaitLoadBalancer"
    | "awaitTurn"
    | "putWatch"
    | "rotateGossipKey"
    | "settleQuorums"
    | "takeUpSecrets",
  environment: Environment,
  opts: pulumi.CustomResourceOptions,
  when: { made: boolean; deleted?: "removeWatch" } = { made: true },
): local.Command {
  const run = when.made ? { create: command(program) } : { create: "true", update: command(program) };
  const end = when.deleted && { delete: command(when.deleted) };
  return new local.Command(name, { ...run, ...end, environment: complete(environment) }, opts);
}

/**
 * What is done before something ends: it runs when this resource is deleted, which is before the resources that it depends on are.
 *
 * @param name its Pulumi name
 * @param program a program in `gates/`, without its extension
 * @param environment what the program reads
 * @param of the ids of what it is about: before one of them is replaced it runs with the environment that it had then. Nothing else may be
 *   among them: a change of theirs ends what still is in use
 */
export function farewell(
  name: string,
  program: "drainTarget",
  environment: Environment,
  of: pulumi.Input<string>[],
  opts: pulumi.CustomResourceOptions,
): local.Command {
  return new local.Command(name, { delete: command(program), environment: complete(environment), triggers: of }, opts);
}

/** Commands run in the project's directory. An absolute path would differ from machine to machine, and so would the plan. */
function command(program: string): string {
  return `exec node --import tsx gates/${program}.ts`;
}

/** The AWS provider's profile is in the stack's configuration, where the AWS SDK of a program of its own does not look. */
function complete(environment: Environment): Environment {
  const profile = new pulumi.Config("aws").get("profile");
  return { ...environment, ...(profile !== undefined && { AWS_PROFILE: profile }) };
}
