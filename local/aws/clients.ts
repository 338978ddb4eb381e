import { ACMClient } from "@aws-sdk/client-acm";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAMClient } from "@aws-sdk/client-iam";
import { Route53Client } from "@aws-sdk/client-route-53";
import { STSClient } from "@aws-sdk/client-sts";

/** Clients of moto itself, past the front: what they change triggers nothing, and what they read is not corrected. */
export class Clients {
  readonly acm: ACMClient;
  readonly ec2: EC2Client;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly iam: IAMClient;
  readonly route53: Route53Client;
  readonly sts: STSClient;

  constructor(endpoint: string, region: string) {
    const configuration = { endpoint, region, credentials: { accessKeyId: "local", secretAccessKey: "local" } };
    this.acm = new ACMClient(configuration);
    this.ec2 = new EC2Client(configuration);
    this.elb = new ElasticLoadBalancingV2Client(configuration);
    this.iam = new IAMClient(configuration);
    this.route53 = new Route53Client(configuration);
    this.sts = new STSClient(configuration);
  }
}
