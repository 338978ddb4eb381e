import type { Parameter } from "@pulumi/aws/ssm";
import * as pulumi from "@pulumi/pulumi";
import type { Names } from "../plan/names";
import type { RotationPlan } from "../plan/rotations";
import type { SecretName } from "../userdata/service";
import { gate } from "./gate";

export interface SecretRotationArgs {
  region: string;
  names: Names;
  /** In the order in which they are taken up. */
  rotations: RotationPlan[];
  /** The secrets' parameters. */
  parameters: Partial<Record<SecretName, Parameter>>;
  /** How long a host may take to be ready again, in minutes. */
  timeoutMinutes: number;
}

/**
 * Has the hosts of a running cluster take up secrets whose values have changed. It comes before the hosts: those that the same update replaces
 * then meet a cluster that has the new values. A host that starts later reads them by itself, so that there is nothing to do at first.
 */
export class SecretRotation extends pulumi.ComponentResource {
  /** What must be over before hosts are changed. */
  readonly done: pulumi.Resource[];

  constructor(name: string, args: SecretRotationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:SecretRotation", name, {}, opts);
    this.done = [];
    for (const rotation of args.rotations) this.done.push(this.takeUp(rotation, args));
    this.registerOutputs();
  }

  private takeUp(rotation: RotationPlan, { region, names, parameters, timeoutMinutes }: SecretRotationArgs) {
    const changing = rotation.secrets.map((secret) => {
      const parameter = parameters[secret];
      if (!parameter) throw new Error(`nobody made a parameter of the secret ${secret}`);
      return parameter;
    });
    const environment = {
      CLUSTER: names.cluster,
      PREFIX: names.prefix,
      BOOT_REPORTS: names.bootReports,
      AWS_REGION: region,
      TIMEOUT_SECONDS: String(timeoutMinutes * 60),
      // The program does not read them: with them in its environment it runs when one has changed.
      VERSIONS: pulumi.all(changing.map(({ version }) => version)).apply((versions) => versions.join(" ")),
      ...(rotation.takenUp === "keyring"
        ? { SECRET_PATH: names.secretPath }
        : { SECRETS: rotation.secrets.join(" "), PACE: rotation.takenUp }),
    };
    const program = rotation.takenUp === "keyring" ? "rotateGossipKey" : "takeUpSecrets";
    const after = { parent: this, dependsOn: [...changing, ...this.done] };
    return gate(`${rotation.name}-taken-up`, program, environment, after, { made: false });
  }
}
