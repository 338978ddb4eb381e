/** Which sync master a core node leads clients to, as the discovery lists them. */
import { EventEmitter } from "node:events";

/* eslint-disable @typescript-eslint/no-require-imports -- The apps run on Node.js 8. */
const { keepToMasters } = require("../../userdata/apps/masters");

interface Handle {
  address: string;
  port: number;
}

/** As much of SyncProxyService as is changed: what it hears of it goes to, whatever else there is. */
class Proxy {
  readonly watch = new EventEmitter();
  readonly server = { discovery: { watchService: () => this.watch } };
  readonly backend: { syncLabel: string; handle?: Handle } = { syncLabel: "default" };
  /** Where clients were led, one after the other. */
  readonly led: string[] = [];

  constructor() {
    keepToMasters(this);
  }

  syncMasterChanged(backend: { handle?: Handle }, handle: Handle): void {
    backend.handle = handle;
    this.led.push(handle.address);
  }

  /** Both its own watch and that of the app are told. */
  tell(event: "available" | "unavailable", address: string): void {
    const handle = { address, port: 7800 };
    if (event === "available") this.syncMasterChanged(this.backend, handle);
    this.watch.emit(event, handle);
  }
}

let proxy: Proxy;
beforeEach(() => {
  proxy = new Proxy();
  proxy.tell("available", "one");
});

test("clients are led to the next master when there is one", () => {
  proxy.tell("unavailable", "one");
  proxy.tell("available", "two");
  expect(proxy.led).toEqual(["one", "two"]);
});

test("and as soon as the last one is gone where that is told later", () => {
  proxy.tell("available", "two");
  expect(proxy.led).toEqual(["one"]);
  proxy.tell("unavailable", "one");
  expect(proxy.led).toEqual(["one", "two"]);
});

test("a master of before that comes back, and is listed as what it was for a moment, takes nobody away", () => {
  proxy.tell("unavailable", "one");
  proxy.tell("available", "two");
  proxy.tell("available", "one");
  proxy.tell("unavailable", "one");
  expect(proxy.led).toEqual(["one", "two"]);
});

test("who was led to one of before at first is led to the one that is there", () => {
  proxy.tell("available", "two");
  proxy.tell("unavailable", "one");
  expect(proxy.led).toEqual(["one", "two"]);
});

test("while there is none, nobody is led anywhere else", () => {
  proxy.tell("unavailable", "one");
  proxy.tell("available", "one");
  expect(proxy.led).toEqual(["one"]);
});
