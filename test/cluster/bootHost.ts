import { Host } from "../../local/aws/host";

/** Boots the host of the given specification (JSON), says so, and stays: for a test that ends it by force. */
async function main(): Promise<void> {
  const host = new Host(JSON.parse(process.argv[2]));
  await host.boot();
  console.log("booted");
}

void main();
