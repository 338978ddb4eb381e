import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { explain, isGone } from "../../local/plugins/aws/errors";
import { Clients } from "../../local/plugins/aws/context";
import type { WireService } from "../../local/plugins/aws/wireApi";

interface Request {
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A service that answers the same to everything, and keeps what it is asked. */
class Service {
  readonly requests: Request[] = [];
  private readonly server: Server;
  answer = { status: 200, body: "{}" };

  constructor() {
    this.server = createServer((request, response) => {
      void text(request).then((body) => {
        this.requests.push({ headers: request.headers, body });
        response.writeHead(this.answer.status).end(this.answer.body);
      });
    });
  }

  async start() {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return this;
  }

  api(service: WireService) {
    const endpoint = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    const config = { region: "eu-west-1", accessKey: "id", secretKey: "key", endpoints: [{ [service]: endpoint }] };
    return new Clients(config).wire(service, "eu-west-1");
  }

  end() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let service: Service;
beforeEach(async () => (service = await new Service().start()));
afterEach(() => service.end());

test("a service of JSON is asked by its target, in its version, signed for its name", async () => {
  service.answer.body = '{"MetricAlarms":[{"AlarmName":"a"}]}';
  const answer = await (await service.api("cloudwatch")).call("DescribeAlarms", { AlarmNames: ["a"] });
  expect(answer).toEqual({ MetricAlarms: [{ AlarmName: "a" }] });
  const [{ headers, body }] = service.requests;
  expect(JSON.parse(body)).toEqual({ AlarmNames: ["a"] });
  expect(headers).toMatchObject({
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "GraniteServiceVersion20100801.DescribeAlarms",
    authorization: expect.stringMatching(/Credential=id\/\d{8}\/eu-west-1\/monitoring\/aws4_request/),
  });
});

test("SNS is asked by a form, and answers in lists and entries of XML", async () => {
  service.answer.body = `<R xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListTagsForResourceResult>
    <Tags><member><Key>a</Key><Value>1</Value></member></Tags>
    <Attributes><entry><key>Owner</key><value>123</value></entry></Attributes>
  </ListTagsForResourceResult></R>`;
  const input = { ResourceArn: "arn", Tags: [{ Key: "a", Value: "b c" }] };
  const answer = await (await service.api("sns")).call("ListTagsForResource", input);
  expect(answer).toEqual({ Tags: [{ Key: "a", Value: "1" }], Attributes: { Owner: "123" } });
  expect([...new URLSearchParams(service.requests[0].body)]).toEqual([
    ["Action", "ListTagsForResource"],
    ["Version", "2010-03-31"],
    ["ResourceArn", "arn"],
    ["Tags.member.1.Key", "a"],
    ["Tags.member.1.Value", "b c"],
  ]);
});

test.each([
  ["logs", '{"__type":"com.amazonaws.logs#ResourceNotFoundException","message":"no group"}', "CloudWatch Logs: Get"],
  ["sns", "<R><Error><Code>NotFound</Code><Message>no group</Message></Error></R>", "SNS: Get"],
] as const)("a refusal of %s is told as by a client of the SDK", async (name, body, operation) => {
  service.answer = { status: 400, body };
  const failure = await (await service.api(name)).call("Get", {}).catch((error: unknown) => error);
  expect(isGone(failure)).toBe(true);
  expect(explain(failure, "reading", "aws:sns/topic:Topic")).toContain(
    `reading SNS Topic: operation error ${operation}, https response error StatusCode: 400`,
  );
});
