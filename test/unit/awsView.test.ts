import type { EC2Client } from "@aws-sdk/client-ec2";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Route53Client } from "@aws-sdk/client-route-53";
import { ApiView } from "../../local/aws/reconcile/apiView";

/** An API with a security group, and an interface that a terminated instance still has. */
class Api {
  groups = ["sg-1"];
  refuses = false;
  held = true;
  readonly asked: string[] = [];

  client<T>(): T {
    const send = async ({ constructor: { name } }: object) => {
      this.asked.push(name.replace(/Command$/, ""));
      return this.answer(name.replace(/Command$/, ""));
    };
    return { send } as T;
  }

  private answer(call: string): object {
    if (call === "DeleteNetworkInterface") {
      if (this.refuses) throw new Error("not now");
      this.held = false;
    }
    if (call === "DescribeSecurityGroups") return { SecurityGroups: this.groups.map((GroupId) => ({ GroupId })) };
    const attachment = { AttachmentId: "a", InstanceId: "i-gone", DeleteOnTermination: true };
    const held = { NetworkInterfaceId: "eni-1", PrivateIpAddress: "10.0.0.9", Attachment: attachment };
    if (call === "DescribeNetworkInterfaces") return { NetworkInterfaces: this.held ? [held] : [] };
    return {};
  }
}

describe("what the API said", () => {
  let api: Api;
  let view: ApiView;
  const groups = () => view.current.securityGroups.map(({ id }) => id);
  const nobody = () => false;

  beforeEach(() => {
    api = new Api();
    const clients = { ec2: api.client<EC2Client>(), elb: api.client<ElasticLoadBalancingV2Client>() };
    view = new ApiView({ ...clients, route53: api.client<Route53Client>() }, "eu-west-1");
  });

  test("is read again where it may have changed, and nowhere else", async () => {
    await view.read(nobody);
    api.asked.splice(0);
    await view.read(nobody);
    expect(api.asked).toEqual([]);
    expect(view.changed("ssm")).toBe(false);
    expect(view.changed("elasticloadbalancing")).toBe(true);
    await view.read(nobody);
    expect(api.asked).toEqual(["DescribeLoadBalancers", "DescribeTargetGroups"]);
  });

  test("is kept when what AWS does by itself with interfaces fails, and that is tried again", async () => {
    api.refuses = true;
    await expect(view.read(nobody)).rejects.toThrow("not now");
    expect(groups()).toEqual(["sg-1"]);
    api.groups.push("sg-2");
    view.changed("ec2");
    await expect(view.read(nobody)).rejects.toThrow("not now");
    api.refuses = false;
    await view.read(nobody);
    expect(groups()).toEqual(["sg-1", "sg-2"]);
    expect(view.current.interfaces).toEqual([]);
  });
});
