/** Errors that carry more than a message to the engine. */
import { Metadata, status } from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";

/** A resource that was made but did not come up: the engine keeps it in the state, and the next update mends it. */
export class InitFailed extends Error {
  readonly code = status.UNKNOWN;
  readonly metadata = new Metadata();

  /** `state` and `inputs` are what is kept of the resource. */
  constructor(reason: string, id: string, state: Struct, inputs: Struct) {
    super(reason);
    const detail = new ErrorResourceInitFailed();
    detail.setId(id);
    detail.setProperties(state);
    detail.setInputs(inputs);
    detail.addReasons(reason);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const message = new Status();
    message.setCode(status.UNKNOWN);
    message.setMessage(reason);
    message.addDetails(packed);
    this.metadata.set("grpc-status-details-bin", Buffer.from(message.serializeBinary()));
  }
}
