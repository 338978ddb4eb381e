import * as backup from "@pulumi/aws/backup";
import * as iam from "@pulumi/aws/iam";
import * as kms from "@pulumi/aws/kms";
import * as pulumi from "@pulumi/pulumi";
import type { BackupPlan } from "../plan/backup";
import { type Cluster, dataVolumeName, tagged } from "./cluster";

export interface BackupArgs {
  cluster: Cluster;
  plan: BackupPlan;
  /** Whether backups are kept when the cluster is destroyed. */
  retainData: boolean;
}

const ASSUME_ROLE = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "backup.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** How long AWS Backup may wait before it starts a backup, in minutes: its least. Left out, it takes up to eight hours. */
const START_WINDOW_MINUTES = 60;
const KEY_DELETION_DAYS = 30;

/** Scheduled EBS snapshots of all data volumes, by AWS Backup, and their copies in another region. */
export class Backup extends pulumi.ComponentResource {
  /** The vault that holds the backups, by name. */
  readonly vault: pulumi.Output<string>;

  constructor(name: string, args: BackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:Backup", name, {}, opts);
    const { cluster, plan } = args;
    const vault = this.createVault("backup", args);
    const copies = plan.copyToRegion === undefined ? undefined : this.createCopyVault(plan.copyToRegion, args);
    const lifecycle = { deleteAfter: plan.retentionDays };
    const rule = {
      ruleName: "data-volumes",
      targetVaultName: vault.name,
      schedule: plan.schedule,
      startWindow: START_WINDOW_MINUTES,
      lifecycle,
      ...(copies && { copyActions: [{ destinationVaultArn: copies.arn, lifecycle }] }),
    };
    const schedule = new backup.Plan(
      cluster.prefix,
      { rules: [rule], tags: tagged(cluster, "backup") },
      { parent: this },
    );
    this.select(schedule, args);
    this.vault = vault.name;
    this.registerOutputs({ vault: this.vault });
  }

  /** AWS deletes no vault that holds backups: it is left to its owner, or emptied first. */
  private createVault(
    name: string,
    { cluster, retainData }: BackupArgs,
    more: backup.VaultArgs = {},
    opts: pulumi.CustomResourceOptions = {},
  ): backup.Vault {
    // Vaults' names are seen by the whole account, so these begin with the cluster's; Pulumi adds a suffix of its own.
    const args = { forceDestroy: !retainData, tags: tagged(cluster, name), ...more };
    return new backup.Vault(`${cluster.prefix}-${name}`, args, { parent: this, retainOnDelete: retainData, ...opts });
  }

  /** A snapshot that is copied gets the key of the vault. AWS's own key for vaults would allow AWS Backup alone to make a volume of it. */
  private createCopyVault(region: string, args: BackupArgs): backup.Vault {
    const name = `backup-${region}`;
    const key = new kms.Key(
      name,
      {
        region,
        description: `Copies of backups of the Realm cluster ${args.cluster.name}`,
        enableKeyRotation: true,
        deletionWindowInDays: KEY_DELETION_DAYS,
        tags: tagged(args.cluster, name),
      },
      { parent: this, retainOnDelete: args.retainData },
    );
    // 0.1.0 had the region in its name, which made it longer than AWS allows for many a stack.
    const aliases = [{ name: `${args.cluster.prefix}-${name}` }];
    return this.createVault("copies", args, { region, kmsKeyArn: key.arn }, { aliases });
  }

  /** All volumes that are named as data volumes of the cluster, also those that outlived their host. */
  private select({ id: planId }: backup.Plan, { cluster, plan }: BackupArgs): void {
    const child = { parent: this };
    const description = `AWS Backup of the Realm cluster ${cluster.name}`;
    const tags = tagged(cluster, "backup");
    const role = new iam.Role(`${cluster.prefix}-backup`, { assumeRolePolicy: ASSUME_ROLE, description, tags }, child);
    const policyArn = `arn:${plan.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup`;
    const policy = new iam.RolePolicyAttachment("backup", { role: role.name, policyArn }, child);
    const { Cluster, Name } = tagged(cluster, dataVolumeName("*"));
    new backup.Selection(
      "data-volumes",
      {
        planId,
        iamRoleArn: role.arn,
        resources: [`arn:${plan.partition}:ec2:*:*:volume/*`],
        conditions: [
          {
            stringEquals: [{ key: "aws:ResourceTag/Cluster", value: Cluster }],
            stringLikes: [{ key: "aws:ResourceTag/Name", value: Name }],
          },
        ],
      },
      { ...child, dependsOn: [policy] },
    );
  }
}
