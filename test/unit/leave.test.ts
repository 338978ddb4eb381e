/** A server of Realm's ends what it was asked before it ends its services, and is asked nothing meanwhile. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { realmPackages } from "./realmPackages";

const apps = resolve(__dirname, "../../userdata/apps");
const PATIENCE_MS = 1500;
/** Ends as ROS does: from then on it refuses whoever asks. A request takes as long as its path says. */
const PROGRAM = `
const { createServer } = require("http");
const { leaveGracefully } = require("${apps}/leave");
let validator = true;
const shutdown = () => {
  validator = false;
  return new Promise((resolve) => setTimeout(resolve, 500));
};
const httpServer = createServer((request, response) => {
  setTimeout(() => response.writeHead(validator ? 200 : 401).end(), Number(request.url.slice(1)));
});
leaveGracefully({ httpServer, shutdown }, ${PATIENCE_MS});
httpServer.listen(0, "127.0.0.1", () => console.log(httpServer.address().port));
`;

describe("a server that is told to end", () => {
  let packages: string;
  beforeAll(async () => {
    packages = await realmPackages();
  }, 300_000);

  async function start() {
    const env = { NODE_PATH: packages, PATH: process.env.PATH };
    const child = spawn(process.execPath, ["-e", PROGRAM], { env, stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      printed += chunk;
      if (/^\d+$/m.test(printed)) break;
    }
    const [port] = /^\d+$/m.exec(printed)!;
    const ask = async (milliseconds: number) =>
      (await fetch(`http://127.0.0.1:${port}/${milliseconds}`, { headers: { connection: "close" } })).status;
    return { child, ask, ended: once(child, "exit") };
  }

  test("answers what it was asked, and itself meanwhile, takes no connections from then on, and ends with 0", async () => {
    const { child, ask, ended } = await start();
    const asked = ask(500);
    await pause(100);
    child.kill("SIGTERM");
    await pause(100);
    expect(await ask(0)).toBe(200);
    expect(await asked).toBe(200);
    const answers: unknown[] = [];
    while (answers.at(-1) !== "ECONNREFUSED") {
      answers.push(await ask(0).catch((error: Error & { cause?: { code?: string } }) => error.cause?.code));
    }
    // Its services end for half a second.
    expect(answers).not.toContain(401);
    expect(await ended).toEqual([0, null]);
  });

  test("does not wait for ever", async () => {
    const { child, ask, ended } = await start();
    const asked = ask(60_000).catch((error: Error) => error.message);
    await pause(100);
    const told = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - told).toBeGreaterThanOrEqual(PATIENCE_MS - 50);
    expect(await asked).toBe("fetch failed");
  });
});
