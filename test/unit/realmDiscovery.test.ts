/** How the discovery stand-in tells of services: to those that listen late, as ROS does for every realm that it opens, and to nobody for ever. */
import { EventEmitter } from "node:events";
import { setImmediate } from "node:timers/promises";

/** As realm-object-server has it. */
class ServiceWatch extends EventEmitter {
  constructor(
    readonly serviceName: string,
    readonly serviceTags: string[] = [],
  ) {
    super();
  }
}
jest.mock("realm-object-server", () => ({ ServiceWatch }), { virtual: true });

/* eslint-disable @typescript-eslint/no-require-imports -- The stand-ins are packages for Node.js 8. */
const { Catalogue } = require("../../local/realm/packages/realm-object-server-enterprise/lib/catalogue");

/** A Consul whose answers to the one question are given by hand. */
class Consul {
  readonly health = { service: () => undefined };
  readonly query = new EventEmitter();
  readonly watch = () => this.query;

  /** Tells who the master is. */
  answer(address: string): void {
    const Service = { ID: `sync:${address}`, Address: address, Port: 7800, Tags: ["role=master", "label=default"] };
    this.query.emit("change", [{ Node: { Address: address }, Service }]);
  }
}

describe("a watch of the master", () => {
  const consul = new Consul();
  const catalogue = new Catalogue(consul, console);
  const watch = (): EventEmitter => catalogue.watch("sync", ["role=master", "label=default"]);
  const watches = () => (catalogue.names.get("sync") as { watches: Set<EventEmitter> }).watches.size;

  test("is told who it is now, and of another one later", async () => {
    const masters: string[] = [];
    const one = watch().on("available", ({ address }: { address: string }) => masters.push(address));
    consul.answer("10.0.0.1");
    await setImmediate();
    consul.answer("10.0.0.2");
    expect(masters).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.2"]);
    one.removeAllListeners();
  });

  test("is told of another one also when it is listened to only after a while", async () => {
    const masters: string[] = [];
    const one = watch();
    await setImmediate();
    consul.answer("10.0.0.3");
    one.on("available", ({ address }: { address: string }) => masters.push(address));
    consul.answer("10.0.0.1");
    expect(masters).toEqual(["10.0.0.1"]);
    one.removeAllListeners();
  });

  test("is kept no longer than somebody listens to it", async () => {
    const before = watches();
    const listener = () => undefined;
    const one = watch();
    expect(watches()).toBe(before);
    one.once("available", listener).on("unavailable", listener);
    expect(watches()).toBe(before + 1);
    await setImmediate();
    one.removeListener("unavailable", listener);
    expect(watches()).toBe(before);
  });
});
