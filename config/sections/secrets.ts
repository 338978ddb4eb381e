import { createPrivateKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** A secret becomes a Pulumi secret while it is parsed, so that no later step holds its text. */
export const secret = (isValid: (value: string) => boolean, write: string) =>
  z
    .string({ error: write })
    .refine(isValid, { error: write })
    .transform((value) => pulumi.secret(value));

/** Pulumi's project schema knows no optional value, so an empty string stands for one that is not set. */
export const optionalSecret = (isValid: (value: string) => boolean, write: string) =>
  z
    .string({ error: write })
    .refine((value) => value === "" || isValid(value), { error: write })
    .transform((value) => (value === "" ? undefined : pulumi.secret(value)))
    .prefault("");

/** Registries and Realm have tokens without white space. */
export const isToken = (value: string) => /^\S+$/.test(value);

/** Whether it is a key that Realm can sign tokens with, and that is not too short to be safe. */
export function isRsaPrivateKey(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    return asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  } catch {
    return false;
  }
}
