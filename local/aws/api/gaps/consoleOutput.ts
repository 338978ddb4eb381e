import { open } from "node:fs/promises";
import { ec2Answer, ec2Error } from "../xml";
import type { Gap } from "../gap";

/** EC2 keeps this much of a console. */
const CONSOLE_BYTES = 64 * 1024;

/** moto shows the same console for every instance; here it is the host's own. */
export const consoleOutput: Gap = {
  service: "ec2",
  actions: ["GetConsoleOutput"],
  async answer({ params }, machine) {
    const instanceId = params.get("InstanceId") ?? "";
    if (!machine.cloud().instances.some(({ id }) => id === instanceId)) {
      const message = `The instance ID '${instanceId}' does not exist`;
      return { status: 400, body: ec2Error("InvalidInstanceID.NotFound", message) };
    }
    const host = machine.host(instanceId);
    const output = host ? (await tail(host.consoleLog)).toString("base64") : "";
    const timestamp = new Date().toISOString();
    return {
      status: 200,
      body: ec2Answer(
        "GetConsoleOutput",
        `<instanceId>${instanceId}</instanceId><timestamp>${timestamp}</timestamp><output>${output}</output>`,
      ),
    };
  },
};

async function tail(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, CONSOLE_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
