import { createVerify, generateKeyPairSync } from "node:crypto";
import { mintAdminToken, publicKeyOf } from "../../components/adminToken";

const pair = (type: "pkcs1" | "pkcs8") =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type, format: "pem" },
  });

const signedBy = (token: string, publicKey: string) => {
  const [claims, signature] = token.split(":");
  const verify = createVerify("RSA-SHA256").update(Buffer.from(claims, "base64"));
  return verify.verify(publicKey, Buffer.from(signature, "base64"));
};

describe.each(["pkcs1", "pkcs8"] as const)("with a key in %s form", (form) => {
  const { privateKey, publicKey } = pair(form);
  const token = mintAdminToken(privateKey, "0123abcd");

  test("the token claims what Realm Object Server's own admin token claims", () => {
    expect(Buffer.from(token.split(":")[0], "base64").toString()).toBe(
      '{"app_id":"io.realm.auth","identity":"__admin","access":["download","upload","manage"],"salt":"0123abcd"}',
    );
  });

  test("the key's public half verifies it, and another key's does not", () => {
    expect(signedBy(token, publicKey)).toBe(true);
    expect(signedBy(token, pair(form).publicKey)).toBe(false);
  });

  test("the same key and salt give the same token, so that a second update changes nothing", () => {
    expect(mintAdminToken(privateKey, "0123abcd")).toBe(token);
    expect(mintAdminToken(privateKey, "0123abce")).not.toBe(token);
  });

  test("the public half is derived from the private key", () => {
    expect(publicKeyOf(privateKey)).toBe(publicKey);
  });
});

test("what is no key is refused", () => {
  expect(() => mintAdminToken("not a key", "0123abcd")).toThrow();
});
