import { describeUnless } from "../describeUnless";

const { ALL_TESTS } = process.env;
afterEach(() => {
  if (ALL_TESTS === undefined) delete process.env.ALL_TESTS;
  else process.env.ALL_TESTS = ALL_TESTS;
});

test("where all tests have to run, nothing is skipped unseen", () => {
  process.env.ALL_TESTS = "1";
  const tests = jest.fn();
  expect(() => describeUnless("it has no hosts", "a host", tests)).toThrow(
    "a host has to be tested here: it has no hosts",
  );
  expect(tests).not.toHaveBeenCalled();
});
