/**
 * What a person sees in a browser on this machine. The screenshots are the README's pictures, as in the guide; with
 * UPDATE_PICTURES=1 they are taken anew.
 */
import * as path from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import type { ClusterState } from "../../local/cluster/state";
import { ensureChromium } from "../../local/tools";
import { clusterState, npm } from "./localCluster";
import { describeOnHosts } from "./support";

const pictures = path.resolve(__dirname, "../../docs/pictures");

/** Chromium looks things up on the internet as soon as it starts, unless it is told not to. */
const offline = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

describeOnHosts("in a browser", () => {
  let state: ClusterState;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await npm("start");
    state = await clusterState();
    const executablePath = await ensureChromium(console.log);
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", ...offline] });
    page = await browser.newPage({ viewport: { width: 1280, height: 920 } });
  }, 20 * 60_000);

  afterAll(() => browser?.close());

  it("shows every service green in the Consul UI", async () => {
    await page.goto(`${state.consulUi}dc1/services`);
    const services = page.locator("li.linkable");
    await services.filter({ hasText: "realms" }).waitFor();
    const shown = await services.evaluateAll((rows) =>
      rows.map((row) => [row.querySelector("a")?.textContent?.trim(), row.querySelector("dl")?.className]),
    );
    const expected = state.services.map(({ name }) => [name, "passing"]);
    expect(shown.sort()).toEqual(expected.sort());
    await picture("consul-services");
  }, 60_000);

  it("shows every host in the Consul UI", async () => {
    await page.goto(`${state.consulUi}dc1/nodes`);
    for (const host of state.hosts) await page.getByText(host.name, { exact: true }).first().waitFor();
    await picture("consul-nodes");
  }, 60_000);

  it("shows the welcome page through the load balancer", async () => {
    await page.goto(state.loadBalancer);
    await page.getByText("Download and connect with Realm Studio").waitFor();
    await picture("welcome");
  }, 60_000);

  async function picture(name: string): Promise<void> {
    if (process.env.UPDATE_PICTURES) await page.screenshot({ path: path.join(pictures, `${name}.png`) });
  }
});
