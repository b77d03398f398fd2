/** The nearest of `names` to what was written, for "did you mean"; undefined when none is close. */
export function nearName(written: string, names: Iterable<string>): string | undefined {
  return nearNames(written, names)[0];
}

/**
 * The nearest ones, at most three. Near: a third of the letters may differ, or one is the start of the other; and hardly
 * farther than the nearest of all.
 */
function nearNames(written: string, names: Iterable<string>): readonly string[] {
  const wanted = written.toLowerCase().slice(0, longestCompared);
  const close: { name: string; distance: number }[] = [];
  for (const name of names) {
    const candidate = name.toLowerCase().slice(0, longestCompared);
    const distance = editDistance(wanted, candidate);
    const isStart = wanted.length >= 2 && (candidate.startsWith(wanted) || wanted.startsWith(candidate));
    if (distance <= Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3)) || isStart)
      close.push({ name, distance });
  }
  const best = Math.min(...close.map(({ distance }) => distance));
  return close
    .filter(({ distance }) => distance <= best + 1)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** ` Did you mean \`x\`?`, or nothing. */
export function didYouMean(written: string, names: Iterable<string>): string {
  const near = nearNames(written, names);
  return near.length === 0 ? '' : ` Did you mean ${near.map((name) => `\`${name}\``).join(' or ')}?`;
}

const longestCompared = 64;

/** Letters to insert, delete, replace or swap with a neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, at(beforePrevious, column - 2) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
