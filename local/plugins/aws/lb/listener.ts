/** aws:lb/listener:Listener. */
import type { Action, ProtocolEnum } from "@aws-sdk/client-elastic-load-balancing-v2";
import { list, number, object, string } from "../../core/schema";
import { isObject, type Values } from "../../core/wire";
import { tagState, tagsOf } from "../resource";
import { creationTags, elbResource, tagsOn } from "./tags";

/** A port of a load balancer, and what happens to what comes in there. */
export const listener = elbResource({
  properties: {
    loadBalancerArn: string({ required: true, forceNew: true }),
    port: number({ required: true }),
    protocol: string({ computed: true, oneOf: ["HTTP", "HTTPS"] }),
    sslPolicy: string({ computed: true }),
    certificateArn: string(),
    defaultActions: list(
      object({
        type: string({ required: true, oneOf: ["forward", "redirect", "fixed-response"] }),
        order: number({ computed: true }),
        targetGroupArn: string(),
        redirect: object({
          statusCode: string({ required: true, oneOf: ["HTTP_301", "HTTP_302"] }),
          protocol: string({ computed: true }),
          host: string({ computed: true }),
          port: string({ computed: true }),
          path: string({ computed: true }),
          query: string({ computed: true }),
        }),
        fixedResponse: object({
          contentType: string({ required: true }),
          messageBody: string(),
          statusCode: string({ computed: true }),
        }),
      }),
      { required: true },
    ),
    arn: string({ output: true }),
  },
  async create(aws, inputs) {
    const { Listeners: [made] = [] } = await (
      await aws.elb()
    ).createListener({
      LoadBalancerArn: inputs.loadBalancerArn as string,
      ...settings(inputs),
      ...creationTags(tagsOf(aws, inputs)),
    });
    return { id: made.ListenerArn! };
  },
  async read(aws, id, known) {
    const { Listeners: [found] = [] } = await (await aws.elb()).describeListeners({ ListenerArns: [id] });
    return (
      found && {
        arn: id,
        loadBalancerArn: found.LoadBalancerArn,
        port: found.Port,
        protocol: found.Protocol,
        sslPolicy: found.SslPolicy || undefined,
        certificateArn: found.Certificates?.[0]?.CertificateArn,
        defaultActions: (found.DefaultActions ?? []).map(stateOf),
        ...tagState(aws, await tagsOn(aws, id), known),
      }
    );
  },
  async update(aws, id, { inputs }) {
    await (await aws.elb()).modifyListener({ ListenerArn: id, ...settings(inputs) });
  },
  async delete(aws, id) {
    await (await aws.elb()).deleteListener({ ListenerArn: id });
  },
});

function settings(inputs: Values) {
  return {
    Port: inputs.port as number,
    Protocol: (inputs.protocol ?? "HTTP") as ProtocolEnum,
    SslPolicy: inputs.sslPolicy as string | undefined,
    ...(inputs.certificateArn ? { Certificates: [{ CertificateArn: inputs.certificateArn as string }] } : {}),
    DefaultActions: (inputs.defaultActions as Values[]).map(action),
  };
}

function action({ type, order, targetGroupArn, redirect, fixedResponse }: Values): Action {
  return {
    Type: type as Action["Type"],
    Order: order as number | undefined,
    TargetGroupArn: targetGroupArn as string | undefined,
    ...(isObject(redirect) ? { RedirectConfig: renamed<Action["RedirectConfig"]>(redirect, upper) } : {}),
    ...(isObject(fixedResponse)
      ? { FixedResponseConfig: renamed<Action["FixedResponseConfig"]>(fixedResponse, upper) }
      : {}),
  };
}

function stateOf({ Type, Order, TargetGroupArn, RedirectConfig, FixedResponseConfig }: Action): Values {
  return {
    type: Type,
    order: Order,
    targetGroupArn: TargetGroupArn,
    redirect: RedirectConfig && renamed<Values>(RedirectConfig, lower),
    fixedResponse: FixedResponseConfig && renamed<Values>(FixedResponseConfig, lower),
  };
}

const upper = (key: string) => key[0].toUpperCase() + key.slice(1);
const lower = (key: string) => key[0].toLowerCase() + key.slice(1);

/** The API's names are the provider's with a capital. */
function renamed<T>(values: object, rename: (key: string) => string): T {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [rename(key), value])) as T;
}
