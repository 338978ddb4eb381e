/** The gRPC face of a provider: the engine's messages in, a table's operations, messages out. */
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { check, validate } from "./check";
import type { Difference } from "./diff";
import { Engine } from "./engine";
import { InitFailed } from "./failure";
import { Lifecycle, NotReady, rowOf } from "./lifecycle";
import type { Failure, Operation, Package } from "./schema";
import { serve, unary } from "./serve";
import { UNKNOWN, decode, encode, raw, type Values } from "./wire";

/** What the SDK adds to a provider's inputs; the engine uses it, the provider does not. */
const SDK_KEYS = ["version", "pluginDownloadURL", "__internal", "__defaults"];

/** Runs a provider's plugin: serves the table to the engine that started this process. */
export function serveProvider<C extends Operation>(definition: Package<C>): void {
  void serve(ResourceProviderService, (engine) => new Provider(definition, engine).service());
}

class Provider<C extends Operation> {
  private readonly cancelled = new AbortController();
  private lifecycle?: Lifecycle<C>;
  private context?: (operation: Operation) => C;

  constructor(
    private readonly definition: Package<C>,
    private engine?: Engine,
  ) {}

  /** The calls of the service that a provider of resources answers; the others are unimplemented, as gRPC says by itself. */
  service() {
    return {
      handshake: unary((request: pb.ProviderHandshakeRequest) => {
        this.attach(request.getEngineAddress());
        const response = new pb.ProviderHandshakeResponse();
        response.setAcceptSecrets(true);
        return response;
      }),
      attach: unary((request: { getAddress(): string }) => {
        this.attach(request.getAddress());
        return new Empty();
      }),
      getPluginInfo: unary(() => {
        const info = new PluginInfo();
        info.setVersion(this.definition.version);
        return info;
      }),
      getSchema: unary(() => {
        const hint = "`pulumi import` works with --generate-code=false";
        throw new Error(
          `the stand-in for pulumi-resource-${this.definition.name} has no schema to make code from: ${hint}`,
        );
      }),
      checkConfig: unary((request: pb.CheckRequest) => this.checkConfig(request)),
      diffConfig: unary(() => {
        const response = new pb.DiffResponse();
        response.setChanges(pb.DiffResponse.DiffChanges.DIFF_UNKNOWN);
        return response;
      }),
      configure: unary((request: pb.ConfigureRequest) => this.configure(request)),
      check: unary((request: pb.CheckRequest) => this.check(request)),
      diff: unary((request: pb.DiffRequest) => this.diff(request)),
      create: unary((request: pb.CreateRequest) => this.create(request)),
      read: unary((request: pb.ReadRequest) => this.read(request)),
      update: unary((request: pb.UpdateRequest) => this.update(request)),
      delete: unary((request: pb.DeleteRequest) => this.delete(request)),
      invoke: unary((request: pb.InvokeRequest) => this.invoke(request)),
      cancel: unary(() => {
        this.cancelled.abort(new Error("cancelled"));
        return new Empty();
      }),
    };
  }

  private attach(address: string): void {
    this.engine ??= address ? new Engine(address) : undefined;
    this.engine?.log(
      "debug",
      `pulumi-resource-${this.definition.name} is a stand-in of ${this.definition.version} for one machine`,
    );
  }

  private checkConfig(request: pb.CheckRequest): pb.CheckResponse {
    const inputs = raw(request.getNews());
    return checked(
      inputs,
      validate(this.definition.config, this.configuration(inputs), `provider ${this.definition.name}`),
    );
  }

  private configure(request: pb.ConfigureRequest): pb.ConfigureResponse {
    this.context = this.definition.context(this.configuration(raw(request.getArgs())));
    this.lifecycle = new Lifecycle(this.definition, this.context);
    const response = new pb.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  }

  /** Configuration is typed as the table says; the SDK sends what is not a string as JSON in a string. */
  private configuration(wrapped: Values): Values {
    const entries = Object.entries(decode(wrapped).values).filter(([key]) => !SDK_KEYS.includes(key));
    return Object.fromEntries(
      entries.map(([key, value]) => {
        const type = this.definition.config[key]?.type;
        const text = typeof value === "string" && value !== UNKNOWN;
        return [key, type && type !== "string" && text ? JSON.parse(value) : value];
      }),
    );
  }

  private check(request: pb.CheckRequest): pb.CheckResponse {
    const token = typeOf(request.getUrn());
    const { inputs, failures } = check(token, rowOf(this.definition, token), {
      name: nameOf(request.getUrn()),
      olds: raw(request.getOlds()),
      news: raw(request.getNews()),
      seed: request.getRandomseed_asU8(),
    });
    return checked(inputs, failures);
  }

  private diff(request: pb.DiffRequest): pb.DiffResponse {
    const { life, token, operation } = this.at(request.getUrn());
    const old = decode(raw(request.getOlds())).values;
    const difference = life.diff(
      token,
      operation,
      old,
      decode(raw(request.getOldInputs())).values,
      decode(raw(request.getNews())).values,
    );
    return differing(difference);
  }

  private async create(request: pb.CreateRequest): Promise<pb.CreateResponse> {
    const { life, token, operation } = this.at(request.getUrn(), request.getTimeout());
    const inputs = decode(raw(request.getProperties()));
    try {
      const state = request.getPreview()
        ? life.previewCreate(token, operation, inputs)
        : await life.create(token, operation, inputs);
      const response = new pb.CreateResponse();
      response.setId(state.id);
      response.setProperties(encode(state.values, state.secrets));
      return response;
    } catch (error) {
      throw error instanceof NotReady ? initFailed(error, request.getProperties()) : error;
    }
  }

  private async read(request: pb.ReadRequest): Promise<pb.ReadResponse> {
    const { life, token, operation } = this.at(request.getUrn(), request.getTimeout());
    const inputs = request.hasInputs() ? decode(raw(request.getInputs())) : undefined;
    const known = decode(raw(request.getProperties()));
    const importing = Object.keys(inputs?.values ?? {}).length === 0 && Object.keys(known.values).length === 0;
    const found = await life.read(token, operation, request.getId(), known, importing ? undefined : inputs);
    const response = new pb.ReadResponse();
    if (!found) return response;
    response.setId(found.state.id);
    response.setProperties(encode(found.state.values, found.state.secrets));
    response.setInputs(encode(found.inputs.values, found.inputs.secrets));
    return response;
  }

  private async update(request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
    const { life, token, operation } = this.at(request.getUrn(), request.getTimeout());
    const [id, old] = [request.getId(), decode(raw(request.getOlds())).values];
    const inputs = decode(raw(request.getNews()));
    const state = request.getPreview()
      ? life.previewUpdate(token, operation, id, old, inputs)
      : await life.update(token, operation, id, old, decode(raw(request.getOldInputs())).values, inputs);
    const response = new pb.UpdateResponse();
    response.setProperties(encode(state.values, state.secrets));
    return response;
  }

  private async delete(request: pb.DeleteRequest): Promise<Empty> {
    const { life, token, operation } = this.at(request.getUrn(), request.getTimeout());
    await life.delete(token, operation, request.getId(), decode(raw(request.getProperties())).values);
    return new Empty();
  }

  private async invoke(request: pb.InvokeRequest): Promise<pb.InvokeResponse> {
    const token = request.getTok();
    const row = this.definition.invokes[token];
    if (!row) throw new Error(`the stand-in for pulumi-resource-${this.definition.name} has no function ${token}`);
    const args = decode(raw(request.getArgs())).values;
    const response = new pb.InvokeResponse();
    const failures = validate(row.arguments, args, token);
    response.setFailuresList(failures.map(asMessage));
    if (failures.length > 0) return response;
    try {
      response.setReturn(encode(await row.call(this.configured(token)(this.operation("", token)), args)));
    } catch (error) {
      throw new Error(this.definition.explain(error, "invoking", token));
    }
    return response;
  }

  private at(urn: string, timeoutSeconds = 0) {
    const token = typeOf(urn);
    rowOf(this.definition, token);
    this.configured(token);
    return { life: this.lifecycle!, token, operation: this.operation(urn, nameOf(urn), timeoutSeconds) };
  }

  private configured(token: string): (operation: Operation) => C {
    if (!this.context) throw new Error(`${token} was asked for before the provider was configured`);
    return this.context;
  }

  private operation(urn: string, name: string, timeoutSeconds = 0): Operation {
    const signals = [
      this.cancelled.signal,
      ...(timeoutSeconds > 0 ? [AbortSignal.timeout(timeoutSeconds * 1000)] : []),
    ];
    return {
      name,
      signal: AbortSignal.any(signals),
      timeoutSeconds,
      log: (severity, message) => this.engine?.log(severity, message, urn),
    };
  }
}

/** A URN ends in `::<parent types>$<type>::<name>`; a name may hold `::` itself. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function asMessage({ property, reason }: Failure): pb.CheckFailure {
  const failure = new pb.CheckFailure();
  failure.setProperty(property);
  failure.setReason(reason);
  return failure;
}

function checked(inputs: Values, failures: Failure[]): pb.CheckResponse {
  const response = new pb.CheckResponse();
  response.setInputs(encode(inputs));
  response.setFailuresList(failures.map(asMessage));
  return response;
}

const KIND = {
  add: [pb.PropertyDiff.Kind.ADD, pb.PropertyDiff.Kind.ADD_REPLACE],
  delete: [pb.PropertyDiff.Kind.DELETE, pb.PropertyDiff.Kind.DELETE_REPLACE],
  update: [pb.PropertyDiff.Kind.UPDATE, pb.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function differing({ changes, changed, replaces, deleteBeforeReplace }: Difference): pb.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
  const response = new pb.DiffResponse();
  response.setChanges(changes.size > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList([...changed]);
  response.setReplacesList(replaces);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setHasdetaileddiff(true);
  for (const [path, { kind, replace }] of changes) {
    const change = new pb.PropertyDiff();
    change.setKind(KIND[kind][replace ? 1 : 0]);
    change.setInputdiff(true);
    response.getDetaileddiffMap().set(path, change);
  }
  return response;
}

function initFailed(error: NotReady, inputs: Parameters<typeof raw>[0]): InitFailed {
  const { id, values, secrets } = error.state;
  return new InitFailed(error.message, id, encode(values, secrets), encode(raw(inputs)));
}
