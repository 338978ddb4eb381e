import { createPrivateKey } from "node:crypto";
import { isIPv4 } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  cidr,
  flag,
  instanceType,
  once,
  privateCidr,
  sha256,
  text,
  url,
  version,
  volumeGiB,
  whole,
  word,
} from "./leaves";

const CONSUL = { version: "1.20.6", sha256: "37fc6f213a44c6db3a2b912966fb1415939e9b189ce1bc1eb07b7f87449a28c2" };
const NODE = { version: "8.17.0", sha256: "b7f6dd77fb173c8c7c30d61d0702eefc236bba74398538aa77bfa2bb47bddce6" };

/** A host is of this type, and its data volume of this size, where the configuration says nothing. */
export const DEFAULT_INSTANCE_TYPE = "m6i.large";
export const DEFAULT_VOLUME_GIB = 100;

/** Where the vendors publish; `{version}` stands for the version. */
export const CONSUL_URL = "https://releases.hashicorp.com/consul/{version}/consul_{version}_linux_amd64.zip";
export const NODE_URL = "https://nodejs.org/dist/v{version}/node-v{version}-linux-x64.tar.xz";

/** The digest of the default version is known; that of any other must be given with it. */
function digest(known: { version: string; sha256: string }) {
  return <T extends { version: string; sha256?: string }>(
    value: T,
    context: z.RefinementCtx,
  ): T & { sha256: string } => {
    const sum = value.sha256 ?? (value.version === known.version ? known.sha256 : undefined);
    if (sum === undefined) {
      const message = `write the sha256 of the file for version ${value.version}; only that of ${known.version} is known`;
      context.addIssue({ code: "custom", path: ["sha256"], message });
      return z.NEVER;
    }
    return { ...value, sha256: sum };
  };
}

/** A secret becomes a Pulumi secret while it is parsed, so that no later step holds its text. */
const secret = (isValid: (value: string) => boolean, write: string) =>
  z
    .string({ error: write })
    .refine(isValid, { error: write })
    .transform((value) => pulumi.secret(value));

/** Pulumi's project schema knows no optional value, so an empty string stands for one that is not set. */
const optionalSecret = (isValid: (value: string) => boolean, write: string) =>
  z
    .string({ error: write })
    .refine((value) => value === "" || isValid(value), { error: write })
    .transform((value) => (value === "" ? undefined : pulumi.secret(value)))
    .prefault("");

const isToken = (value: string) => /^\S+$/.test(value);

function isRsaPrivateKey(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    return asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  } catch {
    return false;
  }
}

const adoptedSubnets = (kind: string, minimum: number) => {
  const write = `write the ids of ${minimum} or more ${kind} subnets`;
  const id = text(/^subnet-[0-9a-f]+$/, 'write a subnet\'s id, such as "subnet-0a1b2c3d"');
  return once(z.array(id, { error: write }).min(minimum, { error: write }), "write each subnet once");
};

const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]+$/;

const network = z
  .strictObject({
    /** The VPC's block of IPv4 addresses, /16 to /22. Of its sixteen equal parts one is each zone's private subnet and one its public. */
    cidr: privateCidr('write a private IPv4 network, such as "10.20.0.0/16"').default("10.20.0.0/16"),
    /** How private hosts reach the internet: `none` (they do not; sessions go through interface endpoints), `single` (one NAT gateway), `perZone` (one in each zone). */
    nat: word(["none", "single", "perZone"]).default("single"),
    /** An existing VPC to use instead of making one. Its subnets must have the routes that the hosts need. */
    adopt: z
      .strictObject({
        vpcId: text(/^vpc-[0-9a-f]+$/, 'write the VPC\'s id, such as "vpc-0a1b2c3d"'),
        /** Where the hosts live. */
        privateSubnetIds: adoptedSubnets("private", 1),
        /** Where the load balancer lives; not needed for an internal one. */
        publicSubnetIds: adoptedSubnets("public", 2).optional(),
      })
      .optional(),
  })
  .prefault({});

const OWNER = /^(\d{12}|self|amazon|aws-marketplace)$/;

const image = z
  .union(
    [
      z.strictObject({
        name: z.string().min(1),
        owner: text(OWNER, "write its owner's account: 12 digits, self, amazon or aws-marketplace"),
      }),
      z.strictObject({ id: z.string().regex(/^ami-[0-9a-zA-Z-]+$/) }),
    ],
    {
      error: "write {name, owner}, the image's exact name and its owner's account, or {id}, such as {id: ami-0a1b2c3d}",
    },
  )
  .default({ name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260313", owner: "099720109477" });

const consul = z
  .strictObject({
    /** How many Consul servers: 3 survive the loss of one, 5 of two. */
    servers: z
      .literal([1, 3, 5], { error: "write 1, 3 or 5: an even number survives no more losses than one less" })
      .default(3),
    version: version.default(CONSUL.version),
    /** The digest of the file at `url`. Required when `version` is not the default. */
    sha256: sha256.optional(),
    url: url.default(CONSUL_URL),
    /** Consul's name for this cluster. */
    datacenter: text(/^[a-z0-9_-]{1,63}$/, "write lower-case letters, digits, - and _, such as dc1").default("dc1"),
    /** The hosts of the Consul servers; in colocated placement these carry the workers of the group `default` too. */
    instanceType: instanceType.default(DEFAULT_INSTANCE_TYPE),
    volumeGiB: volumeGiB.default(DEFAULT_VOLUME_GIB),
  })
  .transform(digest(CONSUL))
  .prefault({});

const node = z
  .strictObject({
    /** The Node.js release that the Realm apps run on. Realm Object Server 3 was made for Node 8. */
    version: version.default(NODE.version),
    /** The digest of the file at `url`. Required when `version` is not the default. */
    sha256: sha256.optional(),
    url: url.default(NODE_URL),
  })
  .transform(digest(NODE))
  .prefault({});

const realm = z
  .strictObject({
    /** The npm registry that has the Enterprise package. Give this or `artifact`. */
    registry: url.optional(),
    /** The exact versions to install from the registry. */
    versions: z
      .strictObject({
        "realm-object-server": version.default("3.12.0"),
        "realm-object-server-enterprise": version.default("3.1.3"),
        /** Installed only where `coreServices.graphql` asks for it. */
        "realm-graphql-service": version.default("3.4.0"),
      })
      .prefault({}),
    /** npm's `overrides` for dependencies that can no longer be had under their own name. */
    overrides: z
      .record(z.string(), z.string({ error: 'write what to install instead, such as "npm:ws@3.3.3"' }), {
        error: "write package names and what to install instead",
      })
      .default({}),
    /** A tar.gz with a ready `node_modules` in it. Give this or `registry`. */
    artifact: z.strictObject({ url, sha256 }).optional(),
  })
  .prefault({});

const syncWorkerGroup = z.strictObject({
  /** The group's name, which is its shard's; one must be `default`. */
  label: text(/^[a-z][a-z0-9-]{0,30}$/, "write lower-case letters, digits and -, beginning with a letter, 31 at most"),
  /** How many workers: a master, a slave, and with 3 a spare. */
  workers: whole(1, 3, "write 2 or 3 (3 is advised: master, slave and spare)").default(3),
  /** The workers' own hosts; m6i.large when left out. Not for `default` in colocated placement, whose hosts are Consul's. */
  instanceType: instanceType.optional(),
  /** Their data volumes; 100 GiB when left out. Not for `default` in colocated placement. */
  volumeGiB: volumeGiB.optional(),
  /** Allows `workers: 1`, which loses the group's service with its one host. */
  allowSingleWorker: flag("write true to allow a group of one worker").default(false),
  /** The EBS snapshot, of the master's data volume, that the data volumes of all the group's workers are made of. What is set or changed later replaces them. */
  restoreFrom: text(
    /^snap-[0-9a-f]+$/,
    'write the id of an EBS snapshot, such as "snap-0a1b2c3d", or remove it',
  ).optional(),
});

const ADVERTISED = 'write an IPv4 address, or a DNS name such as "{host}.realm.example.com"';

const coreServices = z
  .strictObject({
    /** How many hosts behind the load balancer. */
    nodes: whole(1, 50, "write a number from 1 to 50").default(1),
    instanceType: instanceType.default(DEFAULT_INSTANCE_TYPE),
    /** Serves Realm's GraphQL API on `/graphql`; an artifact of the Realm packages must have realm-graphql-service in it. */
    graphql: flag("write true to serve GraphQL").default(false),
    /**
     * What core services are registered in Consul by, where those who look them up do so across a NAT: an address or a DNS name, in which
     * `{host}` stands for the host's name. It must lead to that one host, from the cluster's own hosts too. Left out: the private address.
     */
    advertiseAddress: text(/^(\d+(\.\d+){3}|([a-z0-9-]|\{host\})+(\.[a-z0-9-]+)+)$/, ADVERTISED)
      .refine((value) => isIPv4(value) || !/^[\d.]+$/.test(value), { error: ADVERTISED })
      .optional(),
  })
  .prefault({});

const loadBalancer = z
  .strictObject({
    /** An ACM certificate: turns on HTTPS, and HTTP then redirects to it. */
    certificateArn: text(
      /^arn:[^:]+:acm:[^:]+:\d{12}:certificate\/.+$/,
      "write the ARN of an ACM certificate",
    ).optional(),
    /** The name that clients use, which the certificate covers; its DNS record is to point to the load balancer. */
    domain: text(DOMAIN, 'write a domain name, such as "realm.example.com"').optional(),
    /** Puts it into the private subnets: it has private addresses only, for clients of the VPC and of networks connected to it. */
    internal: flag("write true for a load balancer that the internet cannot reach").default(false),
    /** Who may reach the load balancer. With a certificate all of IPv4 unless told otherwise; without one it must be said. */
    allowedCidrs: z
      .array(cidr('write an IPv4 network, such as "203.0.113.0/24"'), { error: "write a list of IPv4 networks" })
      .min(1, { error: "write one network or more: `pulumi up` asks the load balancer for /health at its end, too" })
      .optional(),
    /** How long a WebSocket may be silent, in seconds. Realm's clients ping every minute or so, and AWS's default of 60 cuts them off. */
    idleTimeoutSeconds: whole(1, 4000, "write seconds, from 1 to 4000").default(3600),
    /** How long a core services host that leaves may finish its requests, in seconds. */
    drainSeconds: whole(0, 3600, "write seconds, from 0 to 3600").default(30),
  })
  .prefault({});

const dns = z
  .strictObject({
    /** The Route 53 hosted zone that gets the record of `loadBalancer.domain`, an alias of the load balancer. */
    zoneId: text(
      /^[0-9A-Z]{1,32}$/,
      'write the id of a Route 53 hosted zone, such as "Z0123456789ABCDEFGHIJ"',
    ).optional(),
    /** The name of a private hosted zone to make for the VPC: each host by its name, and all Consul servers as `consul`. */
    privateZone: text(DOMAIN, 'write a domain name, such as "realm.internal"').optional(),
  })
  .prefault({});

const generation = (what: string) =>
  text(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, `write a name for the new ${what}, such as "2026-11"`).optional();

const rotation = z
  .strictObject({
    /** The generation of the RSA pair that tokens are signed with: another name makes a new pair, and every session ends. */
    authKey: generation("pair of keys"),
    /** The generation of the key that Consul's agents gossip with: another name makes a new one, while Consul works. */
    gossipKey: generation("key"),
  })
  .prefault({});

const backup = z
  .strictObject({
    /** When AWS Backup takes snapshots of the data volumes, in UTC. Nothing is backed up without it. */
    schedule: text(
      /^cron\((\S+ ){5}\S+\)$/,
      'write a cron expression of AWS with its six fields, such as "cron(0 3 * * ? *)" for 03:00 UTC every day',
    ).optional(),
    /** How long each backup is kept, in days. */
    retentionDays: whole(1, 36500, "write days, from 1 to 36500").default(35),
    /** Another region that each backup is copied to, and kept in as long. */
    copyToRegion: text(/^[a-z]+(-[a-z]+)+-\d$/, 'write the name of a region, such as "eu-central-1"').optional(),
  })
  .prefault({});

/** What CloudWatch Logs takes as a retention, in days. */
const RETENTIONS = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
] as const;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const TOPIC = /^arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/;
/** CloudWatch takes five actions for an alarm: these, the cluster's own topic, and the recovery of a host. */
const MOST_TOPICS = 3;

const watching = z
  .strictObject({
    /** Alarms, a dashboard, metrics of the hosts' own, and the hosts' logs, all in CloudWatch. */
    enabled: flag("write true or false").default(false),
    /** Who hears of alarms besides those who subscribe to the cluster's topic themselves: e-mail addresses, each confirmed once by its owner, and ARNs of SNS topics. */
    notify: once(
      z.array(
        z.string({ error: "write strings" }).refine((value) => EMAIL.test(value) || TOPIC.test(value), {
          error: 'write an e-mail address, or an SNS topic such as "arn:aws:sns:eu-west-1:123456789012:on-call"',
        }),
        { error: "write a list of e-mail addresses and ARNs of SNS topics" },
      ),
      "write each once",
    )
      .refine((notify) => notify.filter((one) => TOPIC.test(one)).length <= MOST_TOPICS, {
        error: `write ${MOST_TOPICS} ARNs at most, which is what an alarm can hold`,
      })
      .default([]),
    /** How long the hosts' logs are kept, in days. */
    logRetentionDays: z
      .literal(RETENTIONS, { error: `write a number of days that CloudWatch Logs takes: ${RETENTIONS.join(", ")}` })
      .default(30),
    /** Who may read the sync workers' `/metrics`, which are Prometheus's, besides: the networks of who scrapes them. */
    metricsCidrs: z
      .array(cidr('write an IPv4 network, such as "10.30.0.0/24"'), { error: "write a list of IPv4 networks" })
      .default([]),
  })
  .prefault({});

const RESERVED_TAGS = ["Name", "Cluster", "DataVolume", "Realms"];

/** What instance metadata, where hosts read their tags, allows in a tag's name; EC2 refuses an instance with any other. */
const TAG_NAME = /^[0-9A-Za-z+\-=.,_:@]{1,127}$/;

/** An instance has 50 tags at most, three of which are the program's. */
const MOST_TAGS = 47;

const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

const tags = z
  .record(z.string(), z.string({ error: "write a string" }), { error: "write names and values" })
  .refine((value) => !Object.keys(value).some((key) => RESERVED_TAGS.includes(key) || key.startsWith("aws:")), {
    error: `choose other names than ${RESERVED_TAGS.join(", ")} and aws:*, which are taken`,
  })
  .refine((value) => Object.keys(value).every((key) => TAG_NAME.test(key)), {
    error: "name tags with letters, digits and + - = . , _ : @ alone, which instance metadata allows",
  })
  .refine((value) => Object.values(value).every((text) => TAG_VALUE.test(text)), {
    error:
      "write values of 256 characters at most: letters, digits, spaces and + - = . _ : / @, which every service of AWS allows",
  })
  .refine((value) => Object.keys(value).length <= MOST_TAGS, { error: `write ${MOST_TAGS} tags at most` })
  .default({});

/** Every key of the stack's configuration, without its `realm-cluster:`. */
export const shape = {
  /** `colocated`: the workers of the group `default` live on the Consul servers' hosts. `dedicated`: every service has hosts of its own. */
  placement: word(["colocated", "dedicated"]).default("colocated"),
  /** The availability zones to spread over. Empty: the region's first three. */
  zones: once(
    z.array(text(/^[a-z]+(-[a-z]+)+-\d[a-z]$/, 'write the name of a zone, such as "eu-west-1a"'), {
      error: "write a list of zones",
    }),
    "write each zone once",
  )
    .refine((zones) => zones.length !== 1 && zones.length <= 8, {
      error: "write 2 to 8 zones: a load balancer needs two",
    })
    .default([]),
  network,
  /** The hosts' machine image: its exact name and owner, or its id. A newer image replaces hosts, so it changes only here. */
  image,
  consul,
  node,
  realm,
  /** The groups of sync workers; each is a shard. */
  syncWorkerGroups: z
    .array(syncWorkerGroup, { error: "write a list of groups, such as [{label: default, workers: 3}]" })
    .default([{ label: "default", workers: 3, allowSingleWorker: false }]),
  coreServices,
  loadBalancer,
  dns,
  /** Realm's feature token. Secret. */
  featureToken: secret(
    isToken,
    "run `pulumi config set --secret featureToken TOKEN` with the token that Realm gave you",
  ),
  /** The token of the private npm registry. Secret. */
  npmToken: optionalSecret(isToken, "run `pulumi config set --secret npmToken TOKEN`"),
  /** An RSA private key (PEM) to sign tokens with, brought in from an older cluster. Secret. Left out, the cluster makes its own. */
  authKey: optionalSecret(
    isRsaPrivateKey,
    "run `pulumi config set --secret authKey < auth.key` with an unencrypted RSA private key of 2048 bits or more, in PEM form",
  ),
  rotation,
  /** How long a host may take from its creation until it is ready, in minutes. */
  bootTimeoutMinutes: whole(1, 120, "write minutes, from 1 to 120").default(15),
  /** Whether data volumes are kept when the cluster, or a host, is destroyed. */
  retainData: flag("write true or false").default(true),
  /** Hosts whose data volumes are deleted with them, whatever `retainData` and `deletionProtection` say of others. */
  discardData: z
    .array(text(/^[a-z][a-z0-9-]*-\d\d$/, 'write the name of a host, such as "sync-default-03"'), {
      error: "write a list of hosts",
    })
    .default([]),
  /** Refuses to delete data volumes and the load balancer, whose names and data cannot be had again, until it is set to false. */
  deletionProtection: flag("write true or false").default(false),
  /** Scheduled backups of the data volumes. */
  backup,
  /** Alarms, dashboard, metrics and logs in CloudWatch. */
  watching,
  /** Tags for every resource that can have them. */
  tags,
};

/** The configuration as the plan reads it: complete, and free of faults. */
export type Config = { [Key in keyof typeof shape]: z.output<(typeof shape)[Key]> };
