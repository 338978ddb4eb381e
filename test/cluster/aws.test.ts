import { gzipSync } from "node:zlib";
import { AwsForTests, eventually, remains } from "./awsCli";
import { SentCommands, allow, createNetwork, getParameter, giveRole } from "./awsExamples";
import { describeOnHosts } from "./support";

jest.setTimeout(120_000);
/** On a machine that has never run one, what it is made of is built first. */
const TOOLS_MILLISECONDS = 900_000;

/** Serves its directory on two ports, and says by which user data. */
const webUserData = (text: string) => `#cloud-config
write_files:
  - path: /srv/web/index.html
    content: "${text}"
  - path: /etc/systemd/system/web@.service
    content: |
      [Service]
      ExecStart=/usr/bin/python3 -m http.server --directory /srv/web %i
runcmd:
  - [systemctl, start, web@8080, web@8081]
  - [sh, -c, "curl -fsS http://files.internet.test/file > /srv/web/from-internet"]
`;

describeOnHosts("an AWS on one machine", () => {
  let aws: AwsForTests;
  let vpc: string;
  let subnets: string[];
  let webGroup: string;
  let clientGroup: string;
  let webInterface: string;
  let web: string;
  let client: string;

  const group = (name: string) =>
    aws.get("ec2 create-security-group", "GroupId", "--vpc-id", vpc, "--group-name", name, "--description", name);
  const curl = (url: string) => `curl -s -m 2 -o /dev/null -w '%{http_code}' ${url} || true`;

  beforeAll(async () => {
    aws = await AwsForTests.start({ "files.internet.test": { file: "from the internet" } });
    ({ vpc, subnets } = await createNetwork(aws));
    webGroup = await group("web");
    clientGroup = await group("client");
    const rule = ["--protocol", "tcp", "--port", "8080", "--source-group", clientGroup];
    await aws.cli("ec2 authorize-security-group-ingress", "--group-id", webGroup, ...rule);
  }, TOOLS_MILLISECONDS);

  afterAll(async () => {
    if (!aws) return;
    const options = aws.options;
    const removed = await aws.end();
    expect(removed).toContainEqual(expect.stringContaining("network namespace"));
    expect(await remains(options)).toBe("");
  });

  test("whoever calls RunInstances gets a host that boots its user data", async () => {
    const address = ["--subnet-id", subnets[0], "--private-ip-address", "10.30.1.10", "--groups", webGroup];
    webInterface = await aws.get("ec2 create-network-interface", "NetworkInterface.NetworkInterfaceId", ...address);
    const tags = ["--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=web},{Key=Color,Value=green}]"];
    const placed = ["--network-interfaces", `NetworkInterfaceId=${webInterface},DeviceIndex=0`];
    web = await aws.runInstance(webUserData("first"), ...placed, ...tags);
    client = await aws.runInstance(
      "#!/bin/sh\necho client > /root/made-by-user-data\n",
      ...["--subnet-id", subnets[1], "--security-group-ids", clientGroup],
    );
    await Promise.all([aws.booted(web), aws.booted(client)]);
    expect(await aws.sh(web, "cat /srv/web/index.html")).toBe("first");
    expect(await aws.sh(web, "cat /srv/web/from-internet")).toBe("from the internet");
    expect(await aws.sh(client, "cat /root/made-by-user-data")).toBe("client");
    expect(await aws.sh(web, "hostname")).toBe("ip-10-30-1-10");
    expect(await stateOf(web)).toBe("running");
  });

  test("a host of a subnet that leads nowhere reaches only what an endpoint brings into the VPC", async () => {
    const located = ["--vpc-id", vpc, "--cidr-block", "10.30.3.0/24", "--availability-zone", "eu-west-1a"];
    const inner = await aws.get("ec2 create-subnet", "Subnet.SubnetId", ...located);
    const table = await aws.get("ec2 create-route-table", "RouteTable.RouteTableId", "--vpc-id", vpc);
    await aws.cli("ec2 associate-route-table", "--route-table-id", table, "--subnet-id", inner);
    // User data may be compressed.
    const data = gzipSync("#!/bin/sh\necho unpacked > /root/made-by-user-data\n");
    const lonely = await aws.runInstance(data, "--subnet-id", inner, "--security-group-ids", clientGroup);
    await aws.booted(lonely);
    expect(await aws.sh(lonely, "cat /root/made-by-user-data")).toBe("unpacked");
    expect(await aws.sh(lonely, curl("http://files.internet.test/file"))).toBe("000");
    expect(await aws.sh(lonely, curl("https://ssm.eu-west-1.amazonaws.com/"))).toBe("000");

    const endpoints = await group("endpoints");
    const https = ["--protocol", "tcp", "--port", "443", "--source-group", clientGroup];
    await aws.cli("ec2 authorize-security-group-ingress", "--group-id", endpoints, ...https);
    const service = ["--service-name", "com.amazonaws.eu-west-1.ssm", "--vpc-endpoint-type", "Interface"];
    const placed = ["--private-dns-enabled", "--subnet-ids", inner, "--security-group-ids", endpoints];
    await aws.cli("ec2 create-vpc-endpoint", "--vpc-id", vpc, ...service, ...placed);
    await aws.settled();
    expect(await aws.sh(lonely, "getent hosts ssm.eu-west-1.amazonaws.com")).toMatch(/^10\.30\.3\./);
    expect(await aws.sh(lonely, curl("https://ssm.eu-west-1.amazonaws.com/"))).not.toBe("000");
    expect(await aws.sh(lonely, curl("https://ec2.eu-west-1.amazonaws.com/"))).toBe("000");
    await aws.cli("ec2 terminate-instances", "--instance-ids", lonely);
  });

  test("security groups are enforced, and their changes too", async () => {
    expect(await aws.sh(client, curl("http://10.30.1.10:8080/"))).toBe("200");
    expect(await aws.sh(client, curl("http://10.30.1.10:8081/"))).toBe("000");
    const rule = ["--group-id", webGroup, "--protocol", "tcp", "--port", "8080-8081", "--source-group", clientGroup];
    await aws.cli("ec2 authorize-security-group-ingress", ...rule);
    await aws.settled();
    expect(await aws.sh(client, curl("http://10.30.1.10:8081/"))).toBe("200");
    await aws.cli("ec2 revoke-security-group-ingress", ...rule);
    await aws.settled();
    expect(await aws.sh(client, curl("http://10.30.1.10:8081/"))).toBe("000");
    const all = ["--protocol", "-1", "--cidr", "0.0.0.0/0", "--group-id", clientGroup];
    await aws.cli("ec2 revoke-security-group-egress", ...all);
    await aws.settled();
    expect(await aws.sh(client, curl("http://10.30.1.10:8080/"))).toBe("000");
    await aws.cli("ec2 authorize-security-group-egress", ...all);
    await aws.settled();
    expect(await aws.sh(client, curl("http://10.30.1.10:8080/"))).toBe("200");
  });

  test("instance metadata takes version 2 only, and tells of the instance and its tags", async () => {
    const imds = "http://169.254.169.254/latest";
    expect(await aws.sh(web, curl(`${imds}/meta-data/instance-id`))).toBe("401");
    const token = `T=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' ${imds}/api/token)`;
    const get = (path: string) => `curl -fsS -H "X-aws-ec2-metadata-token: $T" ${imds}/${path}`;
    const ask = (id: string, path: string) => aws.sh(id, `${token}; ${get(path)}`);
    expect(await ask(web, "meta-data/instance-id")).toBe(web);
    expect(await ask(client, "meta-data/instance-id")).toBe(client);
    expect(await ask(web, "meta-data/tags/instance/Color")).toBe("green");
    expect(await ask(web, "meta-data/placement/availability-zone")).toBe("eu-west-1a");
    expect(JSON.parse(await ask(web, "dynamic/instance-identity/document"))).toMatchObject({ region: "eu-west-1" });
    // A token is of the instance that asked for it.
    const foreign = await aws.sh(client, `${token}; echo $T`);
    expect(await aws.sh(web, `T=${foreign}; ${get("meta-data/instance-id")} || true`)).toBe("");
  });

  test("a host reads what its role may from SSM, by its usual name and TLS", async () => {
    await giveRole(aws, client, "reader");
    for (const name of ["/greeting", "/secret"]) {
      await aws.cli("ssm put-parameter", "--name", name, "--type", "SecureString", "--value", `value of ${name}`);
    }
    const get = (name: string) => getParameter(aws, client, "reader", name);
    expect(await get("/greeting")).toMatchObject({ __type: "AccessDeniedException" });
    await allow(aws, "reader", ["ssm:GetParameter"], "arn:aws:ssm:eu-west-1:123456789012:parameter/greeting");
    expect(await get("/greeting")).toMatchObject({ Parameter: { Value: "value of /greeting" } });
    expect(await get("/secret")).toMatchObject({ __type: "AccessDeniedException" });
  });

  test("Systems Manager runs commands on hosts whose role lets its agent in", async () => {
    const commands = new SentCommands(aws, client);
    const echo = { commands: ["hostname", "id -un", "pwd >&2", "exit 3"], workingDirectory: ["/srv"] };
    await expect(commands.run(echo)).rejects.toThrow(/InvalidInstanceId.*not in a valid state/);
    await allow(aws, "reader", ["ssm:UpdateInstanceInformation", "ssmmessages:*"], "*");
    expect(await commands.run(echo)).toMatchObject({
      Status: "Failed",
      ResponseCode: 3,
      StandardOutputContent: `${await aws.sh(client, "hostname")}\nroot\n`,
      StandardErrorContent: "/srv\n",
    });
    const python = await commands.run({ commands: ["#!/usr/bin/python3", "print(6 * 7)"] });
    expect(python).toMatchObject({ Status: "Success", StandardOutputContent: "42\n" });
    const endless = await commands.run({ commands: ["echo begun", "sleep 600"], executionTimeout: ["1"] });
    expect(endless).toMatchObject({ Status: "TimedOut", StandardOutputContent: "begun\n" });
    expect(await aws.sh(client, "pgrep -f '[s]leep 600' || true")).toBe("");

    // Only one of the two running hosts has a role.
    const id = await commands.send({ commands: ["true"] }, "--targets", `Key=InstanceIds,Values=${web},${client}`);
    await commands.end(id);
    const query = "CommandInvocations[].[InstanceId, Status]";
    const listed = await aws.cli("ssm list-command-invocations", "--command-id", id, "--details", "--query", query);
    expect(listed).toEqual([[client, "Success"]]);
    const unknown = aws.cli("ssm get-command-invocation", "--command-id", id, "--instance-id", web);
    await expect(unknown).rejects.toThrow(/InvocationDoesNotExist/);
  });

  test("the console is the host's own, and a reboot a reboot", async () => {
    const bootId = () => aws.sh(client, "cat /proc/1/stat | cut -d' ' -f22");
    const before = await bootId();
    await aws.cli("ec2 reboot-instances", "--instance-ids", client);
    await eventually(
      () => bootId().catch(() => before),
      (now) => now !== before,
    );
    await aws.booted(client);
    const output = await aws.get("ec2 get-console-output", "Output", "--instance-id", client);
    expect(output.match(/Reached target .*multi-user/gi)?.length).toBeGreaterThan(1);
  });

  test("an instance that powers itself off is stopped, and starts again as it was", async () => {
    await aws.sh(client, "echo kept > /root/kept; systemctl --no-block poweroff");
    await eventually(
      () => stateOf(client),
      (state) => state === "stopped",
    );
    await aws.cli("ec2 start-instances", "--instance-ids", client);
    await aws.booted(client);
    expect(await aws.sh(client, "cat /root/kept")).toBe("kept");
  });

  test("a volume outlives its instance, as the network interface does", async () => {
    const volume = await aws.get("ec2 create-volume", "VolumeId", "--size", "1", "--availability-zone", "eu-west-1a");
    const device = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume.replace("-", "")}`;
    const attach = (id: string) =>
      aws.cli("ec2 attach-volume", "--volume-id", volume, "--instance-id", id, "--device", "/dev/sdf");
    await attach(web);
    await aws.settled();
    await aws.sh(web, `mkfs.ext4 -q ${device} && mount ${device} /mnt && echo precious > /mnt/data && umount /mnt`);
    await aws.cli("ec2 terminate-instances", "--instance-ids", web);
    expect(await stateOf(web)).toMatch(/shutting-down|terminated/);
    await aws.settled();
    expect(await stateOf(web)).toBe("terminated");
    const status = await aws.get(
      "ec2 describe-network-interfaces",
      "NetworkInterfaces[0].Status",
      ...["--network-interface-ids", webInterface],
    );
    expect(status).toBe("available");

    web = await aws.runInstance(
      webUserData("second"),
      ...["--network-interfaces", `NetworkInterfaceId=${webInterface},DeviceIndex=0`],
    );
    await aws.booted(web);
    await attach(web);
    await aws.settled();
    expect(await aws.sh(web, `mount ${device} /mnt && cat /mnt/data; umount /mnt`)).toBe("precious");
    expect(await aws.sh(client, "curl -fsS http://10.30.1.10:8080/")).toBe("second");
  });

  test("a snapshot holds what its volume did when it was taken, and outlives it", async () => {
    const zone = ["--availability-zone", "eu-west-1b"];
    const volume = await aws.get("ec2 create-volume", "VolumeId", "--size", "1", ...zone);
    const attach = async (id: string) => {
      await aws.cli("ec2 attach-volume", "--volume-id", id, "--instance-id", client, "--device", "/dev/sdf");
      await aws.settled();
      return `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${id.replace("-", "")}`;
    };
    const remove = async (id: string) => {
      await aws.sh(client, "umount /mnt");
      await aws.cli("ec2 detach-volume", "--volume-id", id, "--instance-id", client);
      await aws.cli("ec2 delete-volume", "--volume-id", id);
    };
    const device = await attach(volume);
    await aws.sh(client, `mkfs.ext4 -q ${device} && mount ${device} /mnt && echo early > /mnt/data`);
    const snapshot = await aws.get("ec2 create-snapshot", "SnapshotId", "--volume-id", volume);
    // The file system that was held still meanwhile is let go again.
    await aws.sh(client, "echo late > /mnt/data");
    const source = ["--source-region", "eu-west-1", "--source-snapshot-id", snapshot];
    const copy = await aws.get("ec2 copy-snapshot", "SnapshotId", ...source);
    await aws.cli("ec2 delete-snapshot", "--snapshot-id", snapshot);
    await remove(volume);

    const restored = await aws.get("ec2 create-volume", "VolumeId", "--snapshot-id", copy, "--size", "2", ...zone);
    await aws.cli("ec2 delete-snapshot", "--snapshot-id", copy);
    const again = await attach(restored);
    expect(await aws.sh(client, `mount ${again} /mnt && cat /mnt/data`)).toBe("early");
    expect(await aws.sh(client, `blockdev --getsize64 ${again}`)).toBe(String(2 * 2 ** 30));
    await remove(restored);
  });

  test("a load balancer answers on this machine, and knows when its target is gone", async () => {
    const balancerGroup = await group("balancer");
    const open = ["--protocol", "tcp", "--port", "80", "--cidr", "0.0.0.0/0"];
    await aws.cli("ec2 authorize-security-group-ingress", "--group-id", balancerGroup, ...open);
    const elb = <T = string>(command: string, query: string, ...values: string[]) =>
      aws.cli<T>(`elbv2 ${command}`, ...values, "--query", query);
    const pace = "--health-check-interval-seconds 5 --health-check-timeout-seconds 2 --healthy-threshold-count 2";
    const targets = await elb(
      "create-target-group",
      "TargetGroups[0].TargetGroupArn",
      ...["--name", "web", "--protocol", "HTTP", "--port", "8080", "--vpc-id", vpc],
      ...pace.split(" "),
    );
    const balancer = await elb(
      "create-load-balancer",
      "LoadBalancers[0].LoadBalancerArn",
      ...["--name", "web", "--security-groups", balancerGroup, "--subnets", ...subnets],
    );
    const forward = ["--default-actions", `Type=forward,TargetGroupArn=${targets}`];
    const http = ["--load-balancer-arn", balancer, "--protocol", "HTTP", "--port", "80"];
    await aws.cli("elbv2 create-listener", ...http, ...forward);
    await aws.cli("elbv2 register-targets", "--target-group-arn", targets, "--targets", `Id=${web}`);
    const host = await elb("describe-load-balancers", "LoadBalancers[0].DNSName", "--load-balancer-arns", balancer);
    expect(host).toMatch(/^127\.77\.0\.\d+$/);
    const targetState = () =>
      elb("describe-target-health", "TargetHealthDescriptions[0].TargetHealth.State", "--target-group-arn", targets);
    const status = () => fetch(`http://${host}/`).then(async (r) => ({ status: r.status, body: await r.text() }));

    // The group of the instance does not let the load balancer in yet.
    await aws.settled();
    expect((await status()).status).toBe(503);
    expect(await targetState()).not.toBe("healthy");
    const rule = ["--protocol", "tcp", "--port", "8080", "--source-group", balancerGroup];
    await aws.cli("ec2 authorize-security-group-ingress", "--group-id", webGroup, ...rule);
    await eventually(targetState, (state) => state === "healthy");
    expect(await status()).toEqual({ status: 200, body: "second" });

    await aws.sh(web, "systemctl stop web@8080");
    await eventually(targetState, (state) => state === "unhealthy");
    expect((await status()).status).toBe(503);
  });

  test("a daemon that crashed is followed by one that takes the hosts over as they run", async () => {
    const processes = () => aws.sh(web, "cut -d' ' -f22 /proc/1/stat");
    const before = await processes();
    await aws.crashAndRestart();
    await aws.settled();
    expect(await processes()).toBe(before);
    expect(await stateOf(web)).toBe("running");
    // Its load balancer, network and metadata are served again.
    expect(await aws.sh(client, curl("http://10.30.1.10:8081/"))).toBe("000");
    expect(await aws.sh(client, curl("http://169.254.169.254/latest/meta-data/"))).toBe("401");
    await aws.sh(client, "getent hosts ssm.eu-west-1.amazonaws.com");
  });

  test("an instance that is terminated leaves nothing behind", async () => {
    await aws.cli("ec2 terminate-instances", "--instance-ids", client);
    await aws.settled();
    expect(await stateOf(client)).toBe("terminated");
    expect(await remains(aws.options)).toContain(web);
    expect(await remains(aws.options)).not.toContain(client);
  });

  const stateOf = (id: string) =>
    aws.get("ec2 describe-instances", "Reservations[0].Instances[0].State.Name", "--instance-ids", id);
});
