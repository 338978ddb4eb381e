import type { Gap } from "../gap";

const VALUE = "UserData.Value";

/** moto takes new user data only where it is encoded once more than EC2 wants it. */
export const userDataAttribute: Gap = {
  service: "ec2",
  actions: ["ModifyInstanceAttribute"],
  prepare(params) {
    const value = params.get(VALUE);
    if (value !== null) params.set(VALUE, Buffer.from(value).toString("base64"));
  },
};
