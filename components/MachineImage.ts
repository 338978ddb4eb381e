import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../config/schema";

export interface MachineImageArgs {
  /** The image as it is configured. Another one here is another image on the hosts, which replaces them. */
  image: Config["image"];
  /** The id that AWS gives it now. */
  found: string;
}

/**
 * The hosts' machine image, resolved once. A name can come to stand for another image without anyone touching the configuration (tools
 * that bake images delete the old one and use its name again), and that would replace every host at the next update of anything.
 */
export class MachineImage extends pulumi.ComponentResource {
  /** The id that the name had when it was configured. */
  readonly imageId: pulumi.Output<string>;

  constructor(name: string, { image, found }: MachineImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:MachineImage", name, {}, opts);
    const pin = new pulumi.Stash(name, { input: found }, { parent: this, replacementTrigger: image });
    this.imageId = pin.output.apply((pinned: string) => {
      if (pinned !== found) warn(pinned, found);
      return pinned;
    });
    this.registerOutputs({ imageId: this.imageId });
  }
}

function warn(pinned: string, found: string): void {
  pulumi.log.warn(
    `the hosts keep the image ${pinned}, though its name now stands for ${found}: to move to that one, set image to {id: ${found}}`,
  );
}
