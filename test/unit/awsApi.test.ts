import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { isMutating, parseCall, type Call } from "../../local/aws/api/call";
import { apiServer } from "../../local/aws/api/front";
import { privateZone } from "../../local/aws/api/gaps/privateZone";
import type { Machine } from "../../local/aws/api/gap";
import type { Host } from "../../local/aws/host";
import { RunCommand } from "../../local/aws/ssm/runCommand";
import { cloud, networkInterface } from "./awsCloud";

const signed = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=x`,
});
const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };

describe("a call", () => {
  test("of the query protocol", () => {
    const body = Buffer.from("Action=RunInstances&ImageId=ami-1");
    expect(parseCall("POST", { ...signed("ec2"), ...form }, "/", body)).toMatchObject({
      service: "ec2",
      action: "RunInstances",
    });
  });

  test("of the JSON protocol", () => {
    const headers = { ...signed("ssm"), "x-amz-target": "AmazonSSM.GetParameter" };
    expect(parseCall("POST", headers, "/", Buffer.from("{}"))).toMatchObject({
      service: "ssm",
      action: "GetParameter",
    });
  });

  test.each([
    ["POST", "/2013-04-01/hostedzone", "CreateHostedZone"],
    ["POST", "/2013-04-01/hostedzone/Z1/rrset/", "ChangeResourceRecordSets"],
    ["DELETE", "/2013-04-01/hostedzone/Z1", "DeleteHostedZone"],
    ["POST", "/2013-04-01/hostedzone/Z1/associatevpc", "AssociateVPCWithHostedZone"],
    ["GET", "/2013-04-01/hostedzone/Z1/rrset?name=a", ""],
  ])("of Route 53: %s %s is %s", (method, url, action) => {
    const call = parseCall(method, signed("route53"), url, Buffer.from(""));
    expect(call).toMatchObject({ service: "route53", action });
    expect(isMutating(call)).toBe(action !== "");
  });

  test("that makes a hosted zone with a VPC makes it a private one", () => {
    const made = (inside: string) =>
      privateZone.prepareBody!(`<CreateHostedZoneRequest><Name>a.b</Name>${inside}</CreateHostedZoneRequest>`);
    expect(made("<VPC/>")).toContain("<HostedZoneConfig><PrivateZone>true</PrivateZone></HostedZoneConfig>");
    expect(made("<HostedZoneConfig><Comment>c</Comment></HostedZoneConfig><VPC/>")).toContain(
      "<Comment>c</Comment><PrivateZone>true</PrivateZone>",
    );
    expect(made("")).not.toContain("PrivateZone");
  });

  test.each([
    ["RunInstances", true],
    ["AuthorizeSecurityGroupIngress", true],
    ["DescribeInstances", false],
    ["GetConsoleOutput", false],
    ["", false],
  ])("%s changes something: %s", (action, expected) => {
    expect(isMutating({ service: "ec2", action, params: new URLSearchParams(), input: {} })).toBe(expected);
  });
});

describe("the front", () => {
  let moto: Server;
  let front: Server;
  let answer: { status?: number; body: string };
  let asked: URLSearchParams;
  /** How many calls moto has had at a time, at most. */
  let together = { now: 0, most: 0 };
  const mutations: Call[] = [];
  const leaving: string[] = [];
  const done: string[] = [];
  const pair = { GroupId: "sg-b", Description: "From b" };
  const groups = [
    { GroupId: "sg-a", IpPermissions: [{ IpProtocol: "tcp", FromPort: 1, ToPort: 2, UserIdGroupPairs: [pair] }] },
  ];
  const machine: Machine = {
    ec2: { send: async () => ({ SecurityGroups: groups }) } as unknown as EC2Client,
    cloud: () =>
      cloud({
        interfaces: [
          networkInterface("eni-1", { attachment: { id: "a", instanceId: "i-held", deleteOnTermination: false } }),
        ],
      }),
    host: (id) =>
      id === "i-going"
        ? ({ running: true, kill: async () => void done.push(`kill ${id}`) } as unknown as Host)
        : undefined,
    isOn: (id) => id === "i-on",
    runCommand: new RunCommand(
      { cloud, isOn: () => false, exec: async () => ({ code: 0, stdout: "", stderr: "" }) },
      async () => [],
    ),
    draining: {
      begin: (group, ids) => void leaving.push(`${group} ${ids}`),
      cancel: (group, ids) => void leaving.push(`not ${group} ${ids}`),
      of: (group) => (group === "arn:tg" ? [{ id: "i-leaving", port: 80 }] : []),
    },
    keepCertificateKey: () => undefined,
    balancerAddress: async (arn) => (arn === "arn:lb" ? "127.77.0.9" : "127.77.0.10"),
    snapshots: {
      take: async (volume, snapshot) => void done.push(`take ${volume} ${snapshot}`),
      copy: async (snapshot, copy) => void done.push(`copy ${snapshot} ${copy}`),
      delete: async (snapshot) => void done.push(`delete ${snapshot}`),
    },
    targetHealth: async () => new Map([["i-a:80", { state: "unhealthy", reason: "Target.Timeout" }]]),
  };
  const listen = async (server: Server) => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  let endpoint: string;

  beforeAll(async () => {
    moto = createServer((request, response) => {
      together.most = Math.max(together.most, ++together.now);
      response.once("close", () => together.now--);
      void text(request).then(async (body) => {
        asked = new URLSearchParams(body);
        if (asked.has("Slow")) await pause(20);
        response.writeHead(answer.status ?? 200, { "Content-Type": "text/xml", "X-Amzn-Requestid": "1" });
        response.end(answer.body);
      });
    });
    front = apiServer({
      upstream: await listen(moto),
      machine,
      onMutation: (call) => mutations.push(call),
      refusal: async (_call, _vpc, address) => (address === "10.0.1.66" ? "not you" : undefined),
      now: () => new Date("2026-01-01T12:00:00Z"),
      local: async (_request, response) => void response.end("local"),
      log: () => {},
    });
    endpoint = await listen(front);
  });
  afterAll(async () => {
    for (const server of [front, moto]) {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  });
  beforeEach(() => [mutations, done].forEach((list) => list.splice(0)));

  const call = async (service: string, action: string, motoSays: string, params = {}, status = 200) => {
    answer = { body: motoSays, status };
    const body = new URLSearchParams({ Action: action, ...params });
    return fetch(endpoint, { method: "POST", headers: signed(service), body });
  };
  const state = (id: string, code: number, name: string) =>
    `<item><instanceId>${id}</instanceId><instanceState><code>${code}</code><name>${name}</name></instanceState></item>`;
  const target = (id: string, health = "healthy", reason = "") =>
    `<member><Target><Id>${id}</Id><Port>80</Port></Target><TargetHealth><State>${health}</State><Reason>${reason}</Reason></TargetHealth></member>`;
  const healthOf = async (params: Record<string, string>, ...members: string[]) => {
    const said = `<R><TargetHealthDescriptions>${members.join("")}</TargetHealthDescriptions></R>`;
    const all = { TargetGroupArn: "arn:tg", ...params };
    return (await call("elasticloadbalancing", "DescribeTargetHealth", said, all)).text();
  };
  const states = (xml: string) => [...xml.matchAll(/<State>([^<]*)/g)].map(([, told]) => told);
  const stateAfter = async (id: string, code: number, name: string) => {
    const said = `<R xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${state(id, code, name)}</R>`;
    return /<name>(.*)<\/name>/.exec(await (await call("ec2", "DescribeInstances", said)).text())?.[1];
  };

  test("lets through what it has nothing to add to, byte for byte", async () => {
    const body = `<R>\n  <a b='c'/>&lt; \u00e9</R>`;
    const response = await call("ec2", "DescribeVpcs", body);
    expect(await response.text()).toBe(body);
    expect(response.headers.get("x-amzn-requestid")).toBe("1");
    expect(mutations).toEqual([]);
  });

  test("has moto change one thing at a time, and read several at once", async () => {
    const ask = async (action: string) => {
      together = { now: 0, most: 0 };
      await Promise.all([1, 2, 3].map(() => call("ec2", action, "<R/>", { Slow: "1" })));
      return together.most;
    };
    expect(await ask("RunInstances")).toBe(1);
    expect(await ask("DescribeVpcs")).toBe(3);
    await call("ec2", "RunInstances", "<R/>", {}, 500);
    expect((await call("ec2", "RunInstances", "<R/>")).status).toBe(200);
  });

  test("tells of what was changed, and not of what was refused", async () => {
    await call("ec2", "CreateVpc", "<R/>");
    await call("ec2", "CreateVpc", "<Response/>", {}, 400);
    expect(mutations.map(({ action }) => action)).toEqual(["CreateVpc"]);
  });

  test.each([
    ["i-on", 16, "running", "running"],
    ["i-new", 16, "running", "pending"],
    ["i-going", 80, "stopped", "stopping"],
    ["i-off", 80, "stopped", "stopped"],
    ["i-going", 48, "terminated", "shutting-down"],
    ["i-held", 48, "terminated", "shutting-down"],
    ["i-gone", 48, "terminated", "terminated"],
  ])("%s, which moto takes for (%i) %s, is %s", async (id, code, motoSays, expected) => {
    expect(await stateAfter(id, code, motoSays)).toBe(expected);
  });

  test("names a load balancer by its address here, and leaves the rest", async () => {
    const member = (arn: string) =>
      `<member><LoadBalancerArn>${arn}</LoadBalancerArn><DNSName>x.amazonaws.com</DNSName><Tag a="b">t</Tag></member>`;
    const said = `<R><LoadBalancers>${member("arn:lb")}${member("arn:other")}</LoadBalancers></R>`;
    const xml = await (await call("elasticloadbalancing", "DescribeLoadBalancers", said)).text();
    expect(xml.match(/<DNSName>[^<]*/g)).toEqual(["<DNSName>127.77.0.9", "<DNSName>127.77.0.10"]);
    expect(xml.replace(/127.77.0.\d+/g, "x.amazonaws.com")).toBe(said);
  });

  test("tells the health that the checks found", async () => {
    const xml = await healthOf({}, target("i-a"), target("i-b"));
    expect(states(xml).slice(0, 2)).toEqual(["unhealthy", "initial"]);
    expect(states(await healthOf({}, target("i-a", "unused", "Target.InvalidState")))[0]).toBe("unused");
  });

  test("tells of a target that drains, to whoever asks for it or for all, and of none that has ended", async () => {
    expect(await healthOf({})).toContain("<Id>i-leaving</Id><Port>80</Port>");
    expect(states(await healthOf({}))).toEqual(["draining"]);
    const named = { "Targets.member.1.Id": "i-leaving" };
    const gone = target("i-leaving", "unused", "Target.NotRegistered");
    expect(states(await healthOf(named, gone))).toEqual(["draining"]);
    expect(states(await healthOf({ ...named, TargetGroupArn: "arn:other" }, gone))).toEqual(["unused"]);
    const ended = target("i-ended", "draining", "Target.DeregistrationInProgress");
    expect(states(await healthOf({ "Targets.member.1.Id": "i-ended" }, ended))).toEqual(["unused"]);
  });

  test("lets targets drain that are deregistered, unless moto refuses", async () => {
    const params = { TargetGroupArn: "arn:tg", "Targets.member.1.Id": "i-a", "Targets.member.1.Port": "80" };
    await call("elasticloadbalancing", "DeregisterTargets", "<R/>", params);
    await call("elasticloadbalancing", "RegisterTargets", "<R/>", { ...params, "Targets.member.2.Id": "i-b" });
    await call("elasticloadbalancing", "DeregisterTargets", "<R/>", params, 400);
    expect(leaving).toEqual(["arn:tg i-a", "not arn:tg i-a,i-b"]);
  });

  test("finds the description of a rule whose peer is a group", async () => {
    const rule = (from: number) =>
      `<item><groupId>sg-a</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>${from}</fromPort><toPort>2</toPort><referencedGroupInfo><groupId>sg-b</groupId></referencedGroupInfo></item>`;
    const said = `<R><securityGroupRuleSet>${rule(1)}${rule(2)}</securityGroupRuleSet></R>`;
    const xml = await (await call("ec2", "DescribeSecurityGroupRules", said)).text();
    expect(xml.match(/<description>[^<]*/g)).toEqual(["<description>From b"]);
  });

  test("hands new user data on as moto wants it, and other attributes as they are", async () => {
    const value = Buffer.from("#!/bin/sh").toString("base64");
    await call("ec2", "ModifyInstanceAttribute", "<R/>", { "UserData.Value": value, InstanceId: "i-1" });
    expect(Buffer.from(asked.get("UserData.Value")!, "base64").toString()).toBe(value);
    expect(asked.get("InstanceId")).toBe("i-1");
  });

  test("gives snapshots their contents once moto has agreed", async () => {
    const one = (id: string, volume: string) => `<snapshotId>${id}</snapshotId><volumeId>${volume}</volumeId>`;
    await call("ec2", "CreateSnapshot", `<R>${one("snap-1", "vol-1")}</R>`, { VolumeId: "vol-1" });
    await call(
      "ec2",
      "CreateSnapshots",
      `<R><item>${one("snap-2", "vol-2")}</item><item>${one("snap-3", "vol-3")}</item></R>`,
    );
    await call("ec2", "CopySnapshot", "<R><snapshotId>snap-4</snapshotId></R>", { SourceSnapshotId: "snap-1" });
    await call("ec2", "DeleteSnapshot", "<R/>", { SnapshotId: "snap-2" }, 400);
    await call("ec2", "DeleteSnapshot", "<R/>", { SnapshotId: "snap-1" });
    expect(done).toEqual([
      "take vol-1 snap-1",
      "take vol-2 snap-2",
      "take vol-3 snap-3",
      "copy snap-1 snap-4",
      "delete snap-1",
    ]);
  });

  test.each(["StopInstances", "TerminateInstances"])(
    "%s cuts the power of an instance where it is told to",
    async (action) => {
      const instances = { "InstanceId.1": "i-going", "InstanceId.2": "i-off" };
      await call("ec2", action, "<R/>", instances);
      await call("ec2", action, "<R/>", { ...instances, SkipOsShutdown: "true" }, 400);
      expect(done).toEqual([]);
      await call("ec2", action, "<R/>", { ...instances, SkipOsShutdown: "true" });
      expect(done).toEqual(["kill i-going"]);
    },
  );

  test("answers for moto what moto does not know", async () => {
    const response = await call("ec2", "MonitorInstances", "", { "InstanceId.1": "i-on" });
    expect(await response.text()).toContain("<instanceId>i-on</instanceId><monitoring><state>enabled");
    expect((await call("ec2", "GetConsoleOutput", "", { InstanceId: "i-none" })).status).toBe(400);
  });

  test("answers and refuses in JSON where the service does", async () => {
    const ask = (action: string, input: object) => {
      const headers = { ...signed("ssm"), "X-Amz-Target": `AmazonSSM.${action}` };
      return fetch(endpoint, { method: "POST", headers, body: JSON.stringify(input) });
    };
    const listed = await ask("ListCommands", {});
    expect(listed.headers.get("content-type")).toBe("application/x-amz-json-1.1");
    expect(await listed.json()).toEqual({ Commands: [] });
    const refused = await ask("GetCommandInvocation", { CommandId: "none", InstanceId: "i-on" });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ __type: "InvocationDoesNotExist", message: "" });
  });

  test.each([
    ["ssm", { "X-Amz-Target": "AmazonSSM.GetParameter" }, "{}", 400, "AccessDeniedException"],
    ["ec2", form, "Action=DescribeInstances", 403, "<Code>UnauthorizedOperation</Code>"],
    ["iam", form, "Action=ListRoles", 403, "<Code>AccessDenied</Code>"],
  ])("refuses a host's call of %s as that service does", async (service, headers, body, status, code) => {
    answer = { body: "<R/>" };
    const ask = (address: string) => {
      const from = { "X-Local-Vpc": "vpc-1", "X-Forwarded-For": address };
      return fetch(endpoint, { method: "POST", headers: { ...signed(service), ...headers, ...from }, body });
    };
    const refused = await ask("10.0.1.66");
    expect(refused.status).toBe(status);
    expect(await refused.text()).toContain(code);
    expect((await ask("10.0.1.10")).status).toBe(200);
  });

  test.each([
    ["20260101T115500Z", 200, ""],
    ["20260101T120500Z", 200, ""],
    [
      "20260101T115459Z",
      400,
      "Signature expired: 20260101T115459Z is now earlier than 20260101T115500Z (20260101T120000Z - 5 min.)",
    ],
    ["20260101T140000Z", 400, "Signature not yet current: 20260101T140000Z is still later than 20260101T120500Z"],
  ])("a host's call that was signed at %s is answered %i", async (stamp, status, message) => {
    answer = { body: "{}" };
    const from = { "X-Local-Vpc": "vpc-1", "X-Forwarded-For": "10.0.1.10", "X-Amz-Date": stamp };
    const headers = { ...signed("ssm"), ...from, "X-Amz-Target": "AmazonSSM.PutParameter" };
    const response = await fetch(endpoint, { method: "POST", headers, body: "{}" });
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(text).toContain(message);
    expect(text.includes("InvalidSignatureException")).toBe(status === 400);
  });
});
