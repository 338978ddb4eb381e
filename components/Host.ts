import { dirname } from "node:path/posix";
import * as ebs from "@pulumi/aws/ebs";
import * as ec2 from "@pulumi/aws/ec2";
import * as ssm from "@pulumi/aws/ssm";
import * as pulumi from "@pulumi/pulumi";
import type { RealmsFate } from "../plan/facts";
import type { HostPlan } from "../plan/hosts";
import { type Cluster, dataVolumeName, tagged } from "./cluster";
import { gate } from "./gate";

export interface HostArgs {
  cluster: Cluster;
  /** What the host is. */
  plan: HostPlan;
  region: string;
  /** The machine image. */
  imageId: pulumi.Input<string>;
  /** The private subnet of its zone. */
  subnetId: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  /** The name of its instance profile. */
  instanceProfile: pulumi.Input<string>;
  /** How long it may take from its creation until it is ready, in minutes. */
  bootTimeoutMinutes: number;
  /** What must exist before its boot can succeed. */
  after: pulumi.Resource[];
  /** What must have been done before the instance may be replaced: the replacement of those whose turn is before. @default nothing */
  turnAfter?: pulumi.Resource[];
  /** Network interfaces with planned addresses, which must have taken them before AWS chooses one for this host. @default none */
  yieldsTo?: pulumi.Resource[];
}

/** Free device names for EBS begin here; the host finds the volume by its id. */
const DEVICE = "/dev/sdf";

/** The root disk in GiB: the image, Consul, Node, the Realm packages, and logs. */
const ROOT_GIB = 20;

/**
 * One host. Its identity, which is a network interface (its address) and with state a data volume, outlives the EC2 instance in front of
 * them: a change of image, type or user data replaces the instance alone.
 */
export class Host extends pulumi.ComponentResource {
  readonly hostName: string;
  /** The private IPv4 address. */
  readonly address: pulumi.Output<string>;
  readonly instanceId: pulumi.Output<string>;
  /** Holds the address. */
  readonly networkInterface: ec2.NetworkInterface;
  /** Exist once its instance and its disk are in place; its boot goes on. */
  readonly launched: pulumi.Resource[];
  /** Exists once the host has reported that it is ready. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: HostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:Host", name, {}, opts);
    this.hostName = args.plan.name;
    this.networkInterface = this.createInterface(name, args);
    const volume = args.plan.volumeGiB === undefined ? undefined : this.createVolume(name, args);
    const report = this.createBootReport(name, args);
    const turn = this.awaitTurn(name, args, volume);
    const instance = this.createInstance(name, args, [report, turn], volume);
    const attachments = volume ? [this.attach(name, instance, volume)] : [];
    this.ready = this.awaitBoot(name, args, report, instance, attachments);
    this.launched = [instance, ...attachments];
    this.address = this.networkInterface.privateIp;
    this.instanceId = instance.id;
    this.registerOutputs({ address: this.address, instanceId: this.instanceId });
  }

  private createInterface(
    name: string,
    { cluster, plan, subnetId, securityGroupId, yieldsTo }: HostArgs,
  ): ec2.NetworkInterface {
    const args = {
      subnetId,
      ...(plan.address !== undefined && { privateIps: [plan.address] }),
      securityGroups: [securityGroupId],
      description: `${plan.name} of the Realm cluster ${cluster.name}`,
      tags: tagged(cluster, plan.name),
    };
    // The address must be free before it can be taken again.
    return new ec2.NetworkInterface(name, args, { parent: this, deleteBeforeReplace: true, dependsOn: yieldsTo });
  }

  private createVolume(name: string, { cluster, plan }: HostArgs): ebs.Volume {
    // What `plan/removals.ts` goes by when the host is no longer in the plan.
    const fate: RealmsFate = plan.keepsData ? "keep" : "delete";
    const args = {
      availabilityZone: plan.zone,
      size: plan.volumeGiB,
      snapshotId: plan.snapshotId,
      type: "gp3",
      encrypted: true,
      tags: tagged(cluster, dataVolumeName(plan.name), plan.holdsRealms ? { Realms: fate } : {}),
    };
    return new ebs.Volume(name, args, { parent: this, retainOnDelete: plan.keepsData, protect: plan.protectsData });
  }

  /** Made here, so that it is tagged and ends with the cluster; what is in it is the host's. */
  private createBootReport(name: string, { cluster, plan }: HostArgs): ssm.Parameter {
    const args = {
      name: plan.bootReport,
      type: "String",
      value: "{}",
      description: `How far the boot of ${plan.name} is`,
      tags: tagged(cluster, `${plan.name}-boot`),
    };
    return new ssm.Parameter(name, args, { parent: this, ignoreChanges: ["value"] });
  }

  /** Runs when a change is about to replace the instance, and not when the first one is made. */
  private awaitTurn(name: string, args: HostArgs, volume?: ebs.Volume): pulumi.Resource {
    const { cluster, plan, region, imageId, bootTimeoutMinutes, turnAfter } = args;
    const environment = {
      HOST: plan.name,
      CLUSTER: cluster.name,
      PREFIX: cluster.prefix,
      BOOT_REPORTS: dirname(plan.bootReport),
      QUORUMS: plan.quorums.join(" "),
      TIMEOUT_SECONDS: String(bootTimeoutMinutes * 60),
      AWS_REGION: region,
      // The program does not read these: it runs when one changes.
      LAUNCH: pulumi.interpolate`${imageId} ${plan.launch}`,
      ...(volume && { VOLUME: volume.id }),
    };
    const opts = { parent: this, dependsOn: turnAfter };
    return gate(`${name}-turn`, "awaitTurn", environment, opts, { made: false });
  }

  private createInstance(
    name: string,
    args: HostArgs,
    dependsOn: pulumi.Resource[],
    volume?: ebs.Volume,
  ): ec2.Instance {
    const { cluster, plan, imageId, instanceProfile, after } = args;
    return new ec2.Instance(
      name,
      {
        ami: imageId,
        instanceType: plan.instanceType,
        iamInstanceProfile: instanceProfile,
        primaryNetworkInterface: { networkInterfaceId: this.networkInterface.id },
        userDataBase64: plan.userData.base64,
        userDataReplaceOnChange: true,
        // Hop limit 1: nothing on the host that routes for others can hand the role's credentials on.
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
          instanceMetadataTags: "enabled",
        },
        rootBlockDevice: {
          volumeType: "gp3",
          volumeSize: ROOT_GIB,
          encrypted: true,
          tags: tagged(cluster, `${plan.name}-root`),
        },
        // The host learns from its tag which of its disks is the data volume.
        tags: tagged(cluster, plan.name, volume && { DataVolume: volume.id }),
      },
      // The interface and the volume can have one instance at a time.
      {
        parent: this,
        deleteBeforeReplace: true,
        // AWS could change the type of a stopped instance in place; its gate would not know that it has to wait again. A volume that is
        // restored is another one, which a host looks for when it boots.
        replaceOnChanges: ["instanceType", "tags.DataVolume"],
        // Compressed it says nothing to a person: `npm run preview` shows it as text.
        hideDiffs: ["userDataBase64"],
        dependsOn: [...dependsOn, ...after],
      },
    );
  }

  private attach(name: string, instance: ec2.Instance, volume: ebs.Volume): ec2.VolumeAttachment {
    const args = {
      deviceName: DEVICE,
      instanceId: instance.id,
      volumeId: volume.id,
      // The services end and the file system is unmounted before the disk is taken away.
      stopInstanceBeforeDetaching: true,
    };
    return new ec2.VolumeAttachment(name, args, { parent: this, deleteBeforeReplace: true });
  }

  /** Depends on nothing of other hosts, so that the boots of a new cluster overlap: its members need each other to become ready. */
  private awaitBoot(
    name: string,
    { plan, region, bootTimeoutMinutes }: HostArgs,
    report: ssm.Parameter,
    instance: ec2.Instance,
    dependsOn: pulumi.Resource[],
  ): pulumi.Resource {
    const environment = {
      HOST: plan.name,
      INSTANCE_ID: instance.id,
      BOOT_REPORT: report.name,
      TIMEOUT_SECONDS: String(bootTimeoutMinutes * 60),
      AWS_REGION: region,
    };
    return gate(`${name}-boot`, "awaitBoot", environment, { parent: this, dependsOn });
  }
}
