import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DOMParser } from "@xmldom/xmldom";
import { readKept, writeKept } from "../../bench/kept";
import { withTable } from "../../bench/readme";
import { BootWatch, bootSeconds } from "../../bench/speed/bootWatch";
import { drawResults, shareOfAim } from "../../bench/speed/drawing";
import { ofEngines } from "../../bench/speed/peakMemory";
import { replaceRow } from "../../bench/speed/results";
import { type Result, judge, median } from "../../bench/speed/row";
import { renderMarkdown } from "../../bench/speed/table";
import { cells, shown } from "./readmeTables";

const result = (name: string, more: Partial<Result> = {}): Result => ({
  ...{ name, value: 2, unit: "times", aim: "at most 1.5", holds: false, context: {} },
  ...more,
});

describe("a measured value", () => {
  const measure = { name: "start", value: 1.23456, unit: "times" };

  test("is judged by its aim, as it was before it is rounded", () => {
    expect(judge({ ...measure, aim: { atMost: 1.2345 } })).toEqual(
      result("start", { value: 1.23, aim: "at most 1.2345", holds: false }),
    );
    expect(judge({ ...measure, aim: { atLeast: 1.2345 } })).toMatchObject({ aim: "at least 1.2345", holds: true });
    expect(judge(measure)).toMatchObject({ aim: null, holds: null });
  });

  test("is the middle one of several", () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(() => median([])).toThrow("nothing");
  });
});

describe("results", () => {
  const rows = ["preview", "scale", "start"];
  const kept = [result("preview"), result("scale: small"), result("scale: large"), result("start")];

  test("of a benchmark that is run alone take the place of its own, and of no others", () => {
    const measured = [result("scale: large", { value: 3 })];
    expect(replaceRow(kept, "scale", measured, rows)).toEqual([kept[0], ...measured, kept[3]]);
    expect(replaceRow([kept[3]], "preview", [kept[0]], rows)).toEqual([kept[0], kept[3]]);
  });

  test("of a benchmark that there is no longer go", () => {
    expect(replaceRow([result("gone"), kept[0]], "start", [], rows)).toEqual([kept[0]]);
  });

  test("are kept in a file", () => {
    const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
    const file = join(directory, "results.json");
    expect(readKept(file)).toEqual([]);
    writeKept(file, kept);
    expect(readKept(file)).toEqual(kept);
    rmSync(directory, { recursive: true });
  });

  test("are a table in Markdown", () => {
    const [head, , line] = renderMarkdown([result("start", { context: { floor: "1 s", "a|b": 2 } })]).split("\n");
    expect(head).toBe("| What | Value | Aim | Holds | Measured from |");
    expect(line).toBe("| start | 2 times | at most 1.5 | NO | floor: 1 s; a\\|b: 2 |");
  });
});

describe("what the README shows", () => {
  test("goes between its own marks, and nowhere else", () => {
    const text =
      "<!-- written by npm run chaos -->\n\na\n\n<!-- /chaos -->\n<!-- written by npm run bench -->\n\nb\n\n<!-- /bench -->\n";
    expect(withTable(text, "bench", "| new |")).toBe(text.replace("\nb\n", "\n| new |\n"));
    expect(() => withTable("no marks", "bench", "| new |")).toThrow("there is no place for the table");
  });

  test("is what is kept", () => {
    const results = readKept<Result>(join(__dirname, "../../bench/results.json"));
    expect(shown("bench")).toEqual(cells(renderMarkdown(results)));
  });
});

describe("the drawing of results", () => {
  const bars = (results: Result[]) => {
    const parsed = new DOMParser().parseFromString(drawResults(results), "image/svg+xml");
    const rectangles = [...parsed.getElementsByTagName("rect")].map((one) => [
      Number(one.getAttribute("width")),
      one.getAttribute("fill"),
    ]);
    const line = parsed.getElementsByTagName("line")[0];
    const texts = [...parsed.getElementsByTagName("text")].map((one) => one.textContent);
    return { bars: rectangles.slice(1), aim: Number(line.getAttribute("x1")) - 400, texts };
  };

  test("has a bar for each that has an aim, which ends before the aim's line exactly if it holds", () => {
    const holds = result("good <1>", { aim: "at least 5", value: 10, holds: true });
    const misses = result("bad", { aim: "at most 1", value: 2 });
    const told = result("told", { aim: null, holds: null });
    const drawn = bars([holds, misses, told]);
    const [, [good, green], , [bad, red]] = drawn.bars;
    expect(drawn.bars).toHaveLength(4);
    expect(good).toBeCloseTo(drawn.aim / 2, 0);
    expect(bad).toBeCloseTo(drawn.aim * 2, 0);
    expect(green).not.toBe(red);
    expect(drawn.texts).toEqual(expect.arrayContaining(["good <1>", "10 times (at least 5)", "2 times (at most 1)"]));
    expect(drawn.texts).not.toContain("told");
  });

  test("does not leave its ground, however far an aim is missed", () => {
    expect(bars([result("bad", { value: 1000 })]).bars[1][0]).toBe(bars([result("bad", { value: 4.5 })]).bars[1][0]);
  });

  test("knows no aim that is not in words", () => {
    expect(() => shareOfAim({ value: 1, aim: "about 3" })).toThrow("no aim: about 3");
  });

  test("is what is kept beside the results", () => {
    const kept = (name: string) => join(__dirname, "../../bench", name);
    expect(readFileSync(kept("results.svg"), "utf8")).toBe(drawResults(readKept(kept("results.json"))));
  });
});

test("the memory of an engine is that of all below it, and of nobody else's", () => {
  const process = (parent: number, command: string, bytes: number) => ({ parent, command, bytes });
  const all = new Map([
    [1, process(0, "init", 1)],
    [10, process(1, "node", 2)],
    [20, process(10, "pulumi", 4)],
    [21, process(20, "node", 8)],
    [22, process(21, "pulumi", 16)],
    [30, process(10, "moto", 32)],
    [40, process(1, "pulumi", 64)],
  ]);
  expect(ofEngines(all, 10)).toBe(4 + 8 + 16);
});

test("a boot lasts from the instance's launch until its host is ready, and a replacement from its predecessor's end", () => {
  jest.useFakeTimers({ now: 0 });
  const watch = new BootWatch();
  const urn = (type: string, name: string) => `urn:pulumi:dev::realm-cluster::${type}::${name}`;
  const tell = (kind: "resourcePreEvent" | "resOutputsEvent", op: string, type: string, name: string) => {
    jest.advanceTimersByTime(1000);
    watch.onEvent({ sequence: 0, timestamp: 0, [kind]: { metadata: { op, type, urn: urn(type, name) } } } as never);
  };
  const [instance, disk, gate] = [
    "aws:ec2/instance:Instance",
    "aws:ec2/volumeAttachment:VolumeAttachment",
    "command:local:Command",
  ];
  tell("resourcePreEvent", "delete-replaced", disk, "a");
  tell("resourcePreEvent", "delete-replaced", instance, "a");
  tell("resourcePreEvent", "create-replacement", instance, "a");
  tell("resOutputsEvent", "update", gate, "a-boot");
  tell("resourcePreEvent", "create", instance, "b");
  tell("resOutputsEvent", "create", gate, "b-boot");
  tell("resourcePreEvent", "create", instance, "c");
  jest.useRealTimers();
  expect([...watch.boots]).toEqual([
    ["a", { begun: 1000, launched: 3000, ready: 4000 }],
    ["b", { begun: 5000, launched: 5000, ready: 6000 }],
  ]);
  expect(bootSeconds(watch.boots.get("a")!)).toBe(1);
  expect(watch.updateSeconds).toBe(6);
});
