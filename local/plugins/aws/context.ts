/** What the AWS operations work with: API clients for a region, the provider's default tags, and who is asking. */
import type { EC2 } from "@aws-sdk/client-ec2";
import type { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { IAM } from "@aws-sdk/client-iam";
import type { Route53 } from "@aws-sdk/client-route-53";
import type { SSM } from "@aws-sdk/client-ssm";
import type { STS } from "@aws-sdk/client-sts";
import type { Operation } from "../core/schema";
import { isObject, type Values } from "../core/wire";
import { nameOperations } from "./errors";
import { WireApi, type WireService } from "./wireApi";

/** How often the real provider asks again what AWS says is to be asked again. */
const MAX_RETRIES = 25;

/** The clients of one provider configuration. The SDK's packages are large: each is loaded when it is first used. */
export class Clients {
  private readonly made = new Map<string, Promise<unknown>>();
  private identity?: Promise<{ account: string; arn: string; userId: string }>;

  /** `config` is the provider's configuration; what it does not say comes from the environment, as in every AWS tool. */
  constructor(private readonly config: Values) {}

  /** The provider's region: its configuration, or AWS_REGION, or AWS_DEFAULT_REGION. */
  get region(): string {
    const region = this.config.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
    if (!region)
      throw new Error("missing required configuration key aws:region: the AWS region where operations take place");
    return region as string;
  }

  /** Tags that every resource gets. */
  get defaultTags(): Record<string, string> {
    const { defaultTags } = this.config;
    return isObject(defaultTags) ? ((defaultTags.tags ?? {}) as Record<string, string>) : {};
  }

  ec2(region: string): Promise<EC2> {
    return this.client("ec2", region, async (options) => new (await import("@aws-sdk/client-ec2")).EC2(options));
  }

  elb(region: string): Promise<ElasticLoadBalancingV2> {
    return this.client("elbv2", region, async (options) => {
      const { ElasticLoadBalancingV2 } = await import("@aws-sdk/client-elastic-load-balancing-v2");
      return new ElasticLoadBalancingV2(options);
    });
  }

  iam(region: string): Promise<IAM> {
    return this.client("iam", region, async (options) => new (await import("@aws-sdk/client-iam")).IAM(options));
  }

  route53(region: string): Promise<Route53> {
    return this.client("route53", region, async (options) => {
      return new (await import("@aws-sdk/client-route-53")).Route53(options);
    });
  }

  ssm(region: string): Promise<SSM> {
    return this.client("ssm", region, async (options) => new (await import("@aws-sdk/client-ssm")).SSM(options));
  }

  sts(region: string): Promise<STS> {
    return this.client("sts", region, async (options) => new (await import("@aws-sdk/client-sts")).STS(options));
  }

  /** A service without a client of the SDK here. */
  wire(service: WireService, region: string): Promise<WireApi> {
    return this.client(service, region, async (options) => {
      const { STS } = await import("@aws-sdk/client-sts");
      // Of its own: a client keeps the name of the service that it first signed for.
      return new WireApi(service, region, new STS(options), options.maxAttempts, options.endpoint);
    });
  }

  /** Whose credentials these are; asked once. */
  caller(): Promise<{ account: string; arn: string; userId: string }> {
    this.identity ??= this.sts(this.region)
      .then((sts) => sts.getCallerIdentity())
      .then(({ Account, Arn, UserId }) => ({ account: Account!, arn: Arn!, userId: UserId! }));
    return this.identity;
  }

  private client<T>(service: string, region: string, make: (options: ClientOptions) => Promise<T>): Promise<T> {
    const key = `${service} ${region}`;
    const made =
      this.made.get(key) ??
      make(this.options(service, region)).then((client) => nameOperations(client as object, service));
    this.made.set(key, made);
    return made as Promise<T>;
  }

  private options(service: string, region: string): ClientOptions {
    const { accessKey, secretKey, token, profile, maxRetries, endpoints } = this.config;
    const given = Array.isArray(endpoints) ? endpoints.filter(isObject).find((entry) => entry[service]) : undefined;
    return {
      region,
      ...(given ? { endpoint: given[service] as string } : {}),
      ...(profile ? { profile: profile as string } : {}),
      maxAttempts: ((maxRetries as number | undefined) ?? MAX_RETRIES) + 1,
      ...(accessKey && secretKey
        ? {
            credentials: {
              accessKeyId: accessKey as string,
              secretAccessKey: secretKey as string,
              ...(token ? { sessionToken: token as string } : {}),
            },
          }
        : {}),
    };
  }
}

interface ClientOptions {
  region: string;
  endpoint?: string;
  profile?: string;
  maxAttempts: number;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** One operation on AWS, in one region. */
export class Aws implements Operation {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly timeoutSeconds: number;
  readonly log: Operation["log"];

  constructor(
    private readonly operation: Operation,
    private readonly clients: Clients,
    private readonly place?: string,
  ) {
    this.name = operation.name;
    this.signal = operation.signal;
    this.timeoutSeconds = operation.timeoutSeconds;
    this.log = (severity, message) => operation.log(severity, message);
  }

  /** The same operation in the region of a resource; the provider's where it names none. */
  in(region: unknown): Aws {
    return typeof region === "string" ? new Aws(this.operation, this.clients, region) : this;
  }

  get region(): string {
    return this.place ?? this.clients.region;
  }

  get defaultTags(): Record<string, string> {
    return this.clients.defaultTags;
  }

  /** `aws`, `aws-cn` or `aws-us-gov`. */
  get partition(): string {
    if (this.region.startsWith("cn-")) return "aws-cn";
    return this.region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  }

  ec2 = () => this.clients.ec2(this.region);
  elb = () => this.clients.elb(this.region);
  iam = () => this.clients.iam(this.region);
  route53 = () => this.clients.route53(this.region);
  ssm = () => this.clients.ssm(this.region);
  cloudwatch = () => this.clients.wire("cloudwatch", this.region);
  logs = () => this.clients.wire("logs", this.region);
  sns = () => this.clients.wire("sns", this.region);
  caller = () => this.clients.caller();

  /** The ARN of something in this region and account, such as `arn("ec2", "vpc/vpc-1")`. */
  async arn(service: string, resource: string, owner?: string): Promise<string> {
    return `arn:${this.partition}:${service}:${this.region}:${owner ?? (await this.caller()).account}:${resource}`;
  }
}
