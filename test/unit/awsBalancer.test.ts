import { renderListener } from "../../local/aws/balancer/listener";
import { nextServerState, readTargetHealth } from "../../local/aws/balancer/serverState";
import type { Cloud, LoadBalancer, SecurityGroup } from "../../local/aws/model/model";
import { planBalancers } from "../../local/aws/reconcile/balancerPlan";
import { Draining } from "../../local/aws/reconcile/draining";
import { changeInterfaces, interfaceChanges } from "../../local/aws/reconcile/interfaces";
import { cloud, networkInterface, targetGroup } from "./awsCloud";

const balancer: LoadBalancer = {
  arn: "arn:lb",
  name: "lb",
  fullName: "app/lb/1",
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
  groups: ["sg-lb"],
  idleTimeoutSeconds: 4000,
  listeners: [{ port: 80, protocol: "HTTP", action: { type: "forward", targetGroupArn: "arn:tg" } }],
};
const interfaces = ["a", "b"].map((zone, index) =>
  networkInterface(`eni-lb-${zone}`, {
    subnetId: `subnet-${zone}`,
    address: `10.0.${index + 1}.5`,
    description: "ELB app/lb/1",
    groups: ["sg-lb"],
  }),
);
const opening = (port: number): SecurityGroup => ({
  id: "sg-lb",
  vpcId: "vpc-1",
  ingress: [{ protocol: "tcp", fromPort: port, toPort: port, cidrs: ["203.0.113.0/24"], groups: [] }],
  egress: [],
});
const balanced = cloud({
  loadBalancers: [balancer],
  targetGroups: [targetGroup()],
  securityGroups: [opening(80)],
  interfaces: [...cloud().interfaces, ...interfaces],
});
const options = {
  name: "n",
  publicAddress: () => "127.77.0.1",
  certificates: new Map([["arn:certificate", "/cert.pem"]]),
};

describe("what HAProxy is to serve", () => {
  test("each target is reached from the load balancer's interface in its zone", () => {
    const [backend] = planBalancers(balanced, options).backends;
    expect(backend.servers).toEqual([
      { name: "i-a:9080", address: "10.0.1.10", port: 9080, source: "10.0.1.5" },
      { name: "i-b:9080", address: "10.0.2.10", port: 9080, source: "10.0.2.5" },
    ]);
  });

  test("an instance that does not run is no target", () => {
    const [off, on] = balanced.instances;
    const [backend] = planBalancers({ ...balanced, instances: [{ ...off, state: "stopped" }, on] }, options).backends;
    expect(backend.servers.map((server) => server.name)).toEqual(["i-b:9080"]);
  });

  test("a listener answers this machine only where a group lets anyone in", () => {
    const addressOf = (port: number) =>
      planBalancers({ ...balanced, securityGroups: [opening(port)] }, options).listeners[0].publicAddress;
    expect(addressOf(80)).toBe("127.77.0.1");
    expect(addressOf(443)).toBeUndefined();
  });

  test("nothing is bound before the load balancer has its interfaces", () => {
    expect(planBalancers({ ...balanced, interfaces: [] }, options)).toEqual({ listeners: [], backends: [] });
  });
});

describe("a listener", () => {
  const render = (action: LoadBalancer["listeners"][0]["action"]) =>
    renderListener({
      ...{ name: "lb-80", listener: { port: 80, protocol: "HTTP", action }, idleTimeoutSeconds: 60 },
      ...{ publicAddress: "127.77.0.1", addresses: ["10.0.1.5"], namespace: "n-vpc-1", backend: "lb-core" },
    }).map((line) => line.trim());

  test("is on this machine and in the VPC", () => {
    const lines = render({ type: "forward", targetGroupArn: "arn:tg" });
    expect(lines).toContain("bind 127.77.0.1:80");
    expect(lines).toContain("bind 10.0.1.5:80 namespace n-vpc-1");
    expect(lines).toContain("use_backend lb-core-open if { nbsrv(lb-core) eq 0 } !{ stopping }");
    expect(lines).toContain("default_backend lb-core");
  });

  test("redirects with AWS's placeholders in HAProxy's terms", () => {
    const action = { protocol: "HTTPS", host: "#{host}", port: "443", path: "/#{path}", query: "#{query}" };
    expect(render({ type: "redirect", ...action, status: 301 })).toContain(
      "http-request redirect code 301 location https://%[req.hdr(host),field(1,:)]:443%[path]%[query,length,bool,iif(?,)]%[query]",
    );
  });

  test("gives a fixed response", () => {
    const action = { type: "fixed-response", status: 403, contentType: "text/plain", body: 'say "no"' } as const;
    expect(render(action)).toContain('http-request return status 403 content-type "text/plain" string "say \\"no\\""');
  });
});

describe("the state of servers over a reload", () => {
  const backends = [{ name: "lb-core", servers: [{ name: "i-a:9080", address: "10.0.1.10", port: 9080 }] }];
  const operationalState = (text: string) => text.split("\n")[2].split(" ")[5];

  test("a new server is down until it has passed its checks", () => {
    expect(operationalState(nextServerState("", backends))).toBe("0");
  });

  test("a known one is what it was", () => {
    const previous = "1\n# header\n7 lb-core 1 i-a:9080 10.0.1.10 2 0 1 1 9 6 3 4 6 0 0 0 - 9080 - 0 0 - - 0\n\n";
    expect(operationalState(nextServerState(previous, backends))).toBe("2");
  });
});

test("health is told as ELB tells it", () => {
  const csv = [
    "# pxname,svname,status,check_status,check_code",
    "lb-core,FRONTEND,OPEN,,",
    "lb-core,i-a:9080,UP,L7OK,200",
    "lb-core,i-b:9080,DOWN,L7STS,502",
    "lb-core,i-c:9080,DOWN,L4TOUT,",
    "lb-core,i-d:9080,DOWN,* INI,",
    "lb-core,i-e:9080,DOWN 1/2,L7OK,200",
    "lb-core,BACKEND,UP,,",
  ].join("\n");
  const health = readTargetHealth(csv);
  expect([...health.keys()]).toHaveLength(5);
  expect(health.get("lb-core/i-a:9080")).toEqual({ state: "healthy" });
  expect(health.get("lb-core/i-b:9080")).toMatchObject({
    state: "unhealthy",
    description: expect.stringContaining("502"),
  });
  expect(health.get("lb-core/i-c:9080")).toMatchObject({ reason: "Target.Timeout" });
  expect(health.get("lb-core/i-d:9080")).toMatchObject({ state: "initial" });
  expect(health.get("lb-core/i-e:9080")).toMatchObject({ state: "unhealthy" });
});

describe("a target that was deregistered", () => {
  const disconnect = jest.fn();
  const drainingOf = (drained: Cloud) => new Draining({ cloud: () => drained, disconnect });
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.useRealTimers();
    disconnect.mockReset();
  });

  test("drains for its group's delay, and what is open then is closed", () => {
    const draining = drainingOf(balanced);
    draining.begin("arn:tg", ["i-b"]);
    jest.advanceTimersByTime(29_999);
    expect(draining.of("arn:tg")).toEqual([{ id: "i-b", port: 9080 }]);
    expect(disconnect).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(draining.of("arn:tg")).toEqual([]);
    expect(disconnect).toHaveBeenCalledWith("vpc-1", "10.0.2.10", 9080);
  });

  test("does not when it is registered again, or was none", () => {
    const draining = drainingOf(balanced);
    draining.begin("arn:tg", ["i-b", "i-unknown"]);
    draining.cancel("arn:tg", ["i-b"]);
    expect(draining.of("arn:tg")).toEqual([]);
    jest.runAllTimers();
    expect(disconnect).not.toHaveBeenCalled();
  });

  test("is gone at once from a group that no listener uses", () => {
    const draining = drainingOf({ ...balanced, loadBalancers: [] });
    draining.begin("arn:tg", ["i-b"]);
    expect(draining.of("arn:tg")).toEqual([]);
  });
});

describe("network interfaces that AWS makes and lets go by itself", () => {
  const none = { create: [], regroup: [], remove: [], release: [] };
  const nobody = () => false;

  test("nothing is changed where all is as it should be", () => {
    expect(interfaceChanges(balanced, nobody)).toEqual(none);
  });

  test("a load balancer gets one in each subnet, with its groups", () => {
    const changes = interfaceChanges({ ...balanced, interfaces: [{ ...interfaces[0], groups: ["sg-old"] }] }, nobody);
    expect(changes.create.map(({ subnetId }) => subnetId)).toEqual(["subnet-b"]);
    expect(changes.regroup).toEqual([{ id: "eni-lb-a", groups: ["sg-lb"] }]);
  });

  test("they go with the load balancer", () => {
    const { remove } = interfaceChanges({ ...balanced, loadBalancers: [] }, nobody);
    expect(remove).toEqual(["eni-lb-a", "eni-lb-b"]);
  });

  test("so has an interface endpoint", () => {
    const endpoint = { id: "vpce-1", vpcId: "vpc-1", service: "ssm", subnetIds: ["subnet-b"], groups: ["sg-e"] };
    expect(interfaceChanges(cloud({ endpoints: [endpoint] }), nobody).create).toEqual([
      { vpcId: "vpc-1", subnetId: "subnet-b", groups: ["sg-e"], description: "VPC Endpoint Interface vpce-1" },
    ]);
  });

  test("a terminated instance lets go of its interface once its host is gone", () => {
    const attachment = { id: "eni-attach-1", instanceId: "i-gone", deleteOnTermination: false };
    const held = networkInterface("eni-1", { attachment });
    const after = cloud({ interfaces: [held] });
    expect(interfaceChanges(after, (id) => id === "i-gone").release).toEqual([]);
    expect(interfaceChanges(after, nobody).release).toEqual([held]);
  });

  test.each([
    ["terminated", ["DescribeInstancesCommand", "AttachNetworkInterfaceCommand", "DetachNetworkInterfaceCommand"]],
    ["running", ["DescribeInstancesCommand"]],
  ])("one that was taken for gone and is %s has this done", async (state, expected) => {
    const attachment = { id: "eni-attach-1", instanceId: "i-new", deleteOnTermination: false };
    const asked: string[] = [];
    const send = async (command: object) => {
      asked.push(command.constructor.name);
      return { Reservations: [{ Instances: [{ State: { Name: state } }] }], AttachmentId: "eni-attach-2" };
    };
    const ec2 = { send } as unknown as Parameters<typeof changeInterfaces>[0];
    await changeInterfaces(ec2, { ...none, release: [networkInterface("eni-1", { attachment })] });
    expect(asked).toEqual(expected);
  });
});
