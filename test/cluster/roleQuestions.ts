/** What a host's role allows, asked of AWS from the host itself with the role's own credentials. */
import { EC2 } from "@aws-sdk/client-ec2";
import { IAM } from "@aws-sdk/client-iam";
import { SSM } from "@aws-sdk/client-ssm";
import type { Plan } from "../../plan";
import type { Deployment } from "./deployment";

/** One call of AWS. */
export interface Question {
  /** What it is about, for people. */
  what: string;
  service: string;
  action: string;
  /** Of SSM; other services are asked by the query protocol. */
  input: Record<string, unknown>;
  /** Whether the host is to be allowed it. */
  expected: boolean;
}

/** Argument: the questions in JSON. Prints the answers: whether each was allowed. An answer that is neither a yes nor a refusal ends it. */
const ASK = `
import datetime, json, sys, urllib.error, urllib.parse, urllib.request
sys.path.insert(0, "/opt/realm-cluster")
import imds, ssm

def refused(text):
    return any(code in text for code in ("AccessDenied", "UnauthorizedOperation"))

def query(service, fields):
    host = "%s.%s.%s" % (service, imds.region(), imds.domain())
    body = urllib.parse.urlencode(fields).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = ssm.sign(host, headers, body, imds.credentials(), imds.region(), service, now)
    try:
        urllib.request.urlopen(urllib.request.Request("https://%s/" % host, body, signed), timeout=15).close()
        return True
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        if error.code == 403 and refused(text):
            return False
        raise SystemExit("%s: HTTP %d %s" % (fields, error.code, text))

def allowed(question):
    if question["service"] != "ssm":
        return query(question["service"], dict(question["input"], Action=question["action"]))
    try:
        ssm.call(question["action"], question["input"], attempts=1)
        return True
    except ssm.SsmError as error:
        if refused(error.code):
            return False
        raise SystemExit("%s: %s" % (question["what"], error))

print(json.dumps([allowed(question) for question in json.loads(sys.argv[1])]))
`;

/** Asks from a host. @returns those whose answer is not the expected one */
export async function wronglyAnswered(cluster: Deployment, host: string, questions: Question[]): Promise<Question[]> {
  const argv = ["python3", "-c", ASK, JSON.stringify(questions)];
  const { stdout, stderr, code } = await cluster.local.exec(cluster.instanceId(host), argv);
  if (code !== 0) throw new Error(`${host} could not ask: ${stderr}`);
  const answers = JSON.parse(stdout) as boolean[];
  return questions.filter(({ expected }, index) => answers[index] !== expected);
}

/** What is to be asked by each host: every secret, every host's boot report, and much that no host needs. */
export async function questionsOf(cluster: Deployment, plan: Plan): Promise<Map<string, Question[]>> {
  const ssm = new SSM(cluster.local.client);
  const reports = await Promise.all(
    plan.hosts.map(async ({ name, bootReport }) => {
      const { Parameter } = await ssm.getParameter({ Name: bootReport });
      return { host: name, Name: bootReport, Value: Parameter!.Value! };
    }),
  );
  const roles = new Map(
    await Promise.all(plan.hosts.map(async ({ name }) => [name, await roleOf(cluster, name)] as const)),
  );
  const ask = (
    what: string,
    service: string,
    action: string,
    input: Question["input"],
    expected = false,
  ): Question => ({
    ...{ what, service, action, input, expected },
  });
  const { secretPath } = plan.names;
  const asked = (host: string, own: string[]): Question[] => [
    ...plan.secrets.map((secret) =>
      ask(
        `reads ${secret}`,
        "ssm",
        "GetParameter",
        { Name: `${secretPath}/${secret}`, WithDecryption: true },
        own.includes(secret),
      ),
    ),
    ...reports.map(({ host: other, Name, Value }) =>
      // What is in it already: nothing is lost should it be allowed.
      ask(
        `reports as ${other}`,
        "ssm",
        "PutParameter",
        { Name, Value, Type: "String", Overwrite: true },
        other === host,
      ),
    ),
    ask("lists secrets", "ssm", "GetParametersByPath", { Path: secretPath, WithDecryption: true }),
    ask("lists parameters", "ssm", "DescribeParameters", {}),
    ask("reads old values", "ssm", "GetParameterHistory", { Name: `${secretPath}/${own[0]}`, WithDecryption: true }),
    ask("writes a secret", "ssm", "PutParameter", { Name: `${secretPath}/none`, Value: "x", Type: "SecureString" }),
    ask("deletes a secret", "ssm", "DeleteParameter", { Name: `${secretPath}/none` }),
    ask("runs a command", "ssm", "SendCommand", {
      ...{ DocumentName: "AWS-RunShellScript", InstanceIds: [cluster.instanceId(host)] },
      Parameters: { commands: ["true"] },
    }),
    ask("reads user data", "ec2", "DescribeInstanceAttribute", {
      ...{ InstanceId: cluster.instanceId(host), Attribute: "userData", Version: "2016-11-15" },
    }),
    ask("opens a port", "ec2", "AuthorizeSecurityGroupIngress", { GroupId: "sg-0", Version: "2016-11-15" }),
    ask("lists roles", "iam", "ListRoles", { Version: "2010-05-08" }),
    ...[...roles]
      .filter(([other]) => other !== host)
      .map(([other, { Arn }]) =>
        ask(`becomes ${other}`, "sts", "AssumeRole", { RoleArn: Arn, RoleSessionName: "x", Version: "2011-06-15" }),
      ),
  ];
  return new Map(plan.roles.map(({ name, secrets }) => [name, asked(name, secrets)]));
}

/** The role of a host's instance profile. */
export async function roleOf({ local, outputs }: Deployment, host: string): Promise<{ Arn: string; RoleName: string }> {
  const InstanceIds = [outputs.hosts.find(({ name }) => name === host)!.instanceId];
  const { Reservations } = await new EC2(local.client).describeInstances({ InstanceIds });
  const profile = Reservations![0].Instances![0].IamInstanceProfile!.Arn!.split("/").pop();
  const { InstanceProfile } = await new IAM(local.client).getInstanceProfile({ InstanceProfileName: profile });
  const [{ Arn, RoleName }] = InstanceProfile!.Roles!;
  return { Arn: Arn!, RoleName: RoleName! };
}
