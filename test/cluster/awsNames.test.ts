import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../local/process";
import { AwsForTests } from "./awsCli";
import { createNetwork } from "./awsExamples";
import { describeOnHosts } from "./support";

jest.setTimeout(60_000);

const NAME = "realm.example.com";

describeOnHosts("certificates and names of an AWS on one machine", () => {
  let aws: AwsForTests;
  let vpc: string;
  let subnets: string[];
  let files: string;
  let balancer: string;
  let address: string;

  beforeAll(async () => {
    aws = await AwsForTests.start({});
    ({ vpc, subnets } = await createNetwork(aws));
    files = mkdtempSync(join(tmpdir(), "aws-names-"));
    const group = await aws.get(
      "ec2 create-security-group",
      "GroupId",
      ...["--vpc-id", vpc, "--group-name", "balancer", "--description", "balancer"],
    );
    for (const port of ["80", "443"]) {
      const open = ["--group-id", group, "--protocol", "tcp", "--port", port, "--cidr", "0.0.0.0/0"];
      await aws.cli("ec2 authorize-security-group-ingress", ...open);
    }
    const placed = ["--name", "names", "--security-groups", group, "--subnets", ...subnets];
    balancer = await aws.get("elbv2 create-load-balancer", "LoadBalancers[0].LoadBalancerArn", ...placed);
    const which = ["--load-balancer-arns", balancer];
    address = await aws.get("elbv2 describe-load-balancers", "LoadBalancers[0].DNSName", ...which);
  }, 900_000);

  afterAll(async () => {
    await aws?.end();
    rmSync(files, { recursive: true, force: true });
  });

  /** A certificate of its own for the name. */
  async function makeCertificate(label: string): Promise<{ certificate: string; key: string }> {
    const [certificate, key] = [join(files, `${label}.crt`), join(files, `${label}.key`)];
    const names = ["-subj", `/CN=${label}`, "-addext", `subjectAltName=DNS:${NAME}`];
    await run("openssl", [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      ...names,
      "-keyout",
      key,
      "-out",
      certificate,
    ]);
    return { certificate, key };
  }

  const importing = ({ certificate, key }: { certificate: string; key: string }) => [
    ...["--certificate", `fileb://${certificate}`, "--private-key", `fileb://${key}`],
  ];

  /** What the load balancer answers by HTTPS to who trusts this certificate alone. */
  function get(ca: string): Promise<{ status?: number; subject: string }> {
    return new Promise((resolve, reject) => {
      const options = { host: address, servername: NAME, ca: readFileSync(ca), agent: false };
      const asked = request(options, (response) => {
        const { subject } = (response.socket as import("node:tls").TLSSocket).getPeerCertificate();
        response.resume();
        resolve({ status: response.statusCode, subject: String(subject.CN) });
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  const listen = (protocol: string, port: number, action: unknown, ...more: string[]) =>
    aws.cli(
      "elbv2 create-listener",
      ...["--load-balancer-arn", balancer, "--protocol", protocol, "--port", String(port)],
      ...["--default-actions", JSON.stringify([action]), ...more],
    );

  test("an imported certificate is what the HTTPS listener serves, and HTTP redirects to it", async () => {
    const first = await makeCertificate("first");
    const arn = await aws.get("acm import-certificate", "CertificateArn", ...importing(first));
    const fixed = { StatusCode: "200", ContentType: "text/plain", MessageBody: "secure" };
    const secure = { Type: "fixed-response", FixedResponseConfig: fixed };
    await listen("HTTPS", 443, secure, "--certificates", `CertificateArn=${arn}`);
    const redirect = { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" };
    await listen("HTTP", 80, { Type: "redirect", RedirectConfig: redirect });
    await aws.settled();
    expect(await get(first.certificate)).toEqual({ status: 200, subject: "first" });
    const headers = { Host: NAME };
    const moved = await fetch(`http://${address}/a/b?c=d`, { redirect: "manual", headers });
    expect([moved.status, moved.headers.get("location")]).toEqual([
      301,
      expect.stringMatching(/^https:\/\/[^/]+:443\/a\/b\?c=d$/),
    ]);

    // A renewal keeps the ARN.
    const second = await makeCertificate("second");
    await aws.cli("acm import-certificate", "--certificate-arn", arn, ...importing(second));
    await aws.settled();
    expect(await get(second.certificate)).toEqual({ status: 200, subject: "second" });
  });

  test("a private zone is known to the hosts of its VPC, as it is now", async () => {
    const place = ["--vpc", `VPCRegion=eu-west-1,VPCId=${vpc}`, "--caller-reference", "1"];
    const zone = await aws.get("route53 create-hosted-zone", "HostedZone.Id", "--name", "realm.internal", ...place);
    expect(await aws.cli("route53 get-hosted-zone", "--id", zone)).toMatchObject({
      HostedZone: { Config: { PrivateZone: true } },
      VPCs: [{ VPCId: vpc }],
    });
    const host = await aws.runInstance("#!/bin/sh\n", "--subnet-id", subnets[0]);
    await aws.booted(host);
    const change = (Action: string, ...addresses: string[]) => {
      const values = addresses.map((Value) => ({ Value }));
      const ResourceRecordSet = { Name: "consul.realm.internal", Type: "A", TTL: 60, ResourceRecords: values };
      const batch = JSON.stringify({ Changes: [{ Action, ResourceRecordSet }] });
      return aws.cli("route53 change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", batch);
    };
    const resolved = async (name: string) => {
      await aws.settled();
      const found = await aws.sh(host, `getent ahostsv4 ${name} | grep STREAM | cut -d ' ' -f 1 | sort; true`);
      return found.split("\n").filter(Boolean);
    };
    await change("CREATE", "10.30.1.11", "10.30.1.12");
    expect(await resolved("consul.realm.internal")).toEqual(["10.30.1.11", "10.30.1.12"]);
    await change("UPSERT", "10.30.1.13");
    expect(await resolved("consul.realm.internal")).toEqual(["10.30.1.13"]);
    expect(await resolved("other.realm.internal")).toEqual([]);
    await change("DELETE", "10.30.1.13");
    expect(await resolved("consul.realm.internal")).toEqual([]);
  });
});
