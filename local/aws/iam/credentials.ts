import { GetInstanceProfileCommand, type IAMClient } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import type { Instance } from "../model/model";
import type { RoleAccess } from "../imds/metadata";

/** New ones are given this long before the old ones end, as EC2 does. */
const RENEW_MILLISECONDS = 5 * 60_000;

/** Credentials of instance roles, assumed from STS and kept until they are about to end. */
export class RoleCredentials {
  private readonly issued = new Map<string, { json: string; expires: number }>();

  constructor(
    private readonly iam: IAMClient,
    private readonly sts: STSClient,
  ) {}

  /** The role of the instance's profile; undefined where it has no profile, or one without a role. */
  async roleOf(instance: Instance): Promise<RoleAccess | undefined> {
    const profile = instance.profileArn?.split("/").at(-1);
    if (!profile) return undefined;
    const { InstanceProfile } = await this.iam.send(new GetInstanceProfileCommand({ InstanceProfileName: profile }));
    const role = InstanceProfile?.Roles?.[0];
    if (!role?.RoleName || !role.Arn) return undefined;
    const arn = role.Arn;
    return { name: role.RoleName, credentials: () => this.credentials(instance.id, arn) };
  }

  private async credentials(instanceId: string, roleArn: string): Promise<string> {
    const key = `${instanceId} ${roleArn}`;
    const held = this.issued.get(key);
    if (held && held.expires - RENEW_MILLISECONDS > Date.now()) return held.json;
    const { Credentials } = await this.sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: instanceId }),
    );
    if (!Credentials?.Expiration) throw new Error(`STS gave no credentials for ${roleArn}`);
    const json = JSON.stringify(
      {
        Code: "Success",
        LastUpdated: new Date().toISOString(),
        Type: "AWS-HMAC",
        AccessKeyId: Credentials.AccessKeyId,
        SecretAccessKey: Credentials.SecretAccessKey,
        Token: Credentials.SessionToken,
        Expiration: Credentials.Expiration.toISOString(),
      },
      null,
      2,
    );
    this.issued.set(key, { json, expires: Credentials.Expiration.getTime() });
    return json;
  }
}
