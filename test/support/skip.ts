/**
 * A group of tests that needs a tool which may be missing. Where it is, the group is listed as skipped with the reason
 * in its name: never dropped in silence. `missing` is that reason, or null when the tool is there.
 */
export function describeUnless(missing: string | null, name: string, tests: () => void): void {
  if (missing === null) describe(name, tests);
  else {
    // Jest names no tests of a file that is skipped as a whole.
    process.stderr.write(`Skipped: ${name}: ${missing}\n`);
    describe.skip(`${name} (skipped: ${missing})`, tests);
  }
}
