import { nearName } from '../text/near-name.ts';
import { destinationProblems } from './destination-problems.ts';
import type { Mapping, Recorded } from './mapping.ts';
import type { MappingProblem } from './mapping-problem.ts';
import { isWithin, pathSteps, pathText } from './path.ts';
import { ruleProblems } from './rule-problems.ts';
import { sampleFailure } from './samples.ts';
import { childSchema, fieldNames, lacksField, leafPaths, type Schema } from './schema.ts';
import { usedPaths } from './words.ts';

export interface ProblemOptions {
  /** Source fields that are needed elsewhere: the key and the version of a sync. */
  readonly alsoUsed?: readonly string[];
}

/**
 * Every problem of a mapping, not only the first. The compiler finds most of them while the file is edited; this finds
 * them where no compiler ran. Empty when all is well, and for a mapping that `map` did not make.
 */
export function mappingProblems(mapping: Mapping, options: ProblemOptions = {}): readonly MappingProblem[] {
  const { recorded } = mapping;
  if (!recorded) return [];
  return [
    ...repeatableProblems(recorded),
    ...destinationProblems(recorded.tree, mapping),
    ...ruleProblems(recorded, mapping.from),
    ...sourceProblems(recorded, mapping.from, (options.alsoUsed ?? []).map(pathSteps)),
    ...sampleProblems(mapping, recorded),
  ];
}

function repeatableProblems(recorded: Recorded): readonly MappingProblem[] {
  if (recorded.repeatable) return [];
  const message =
    'the mapping gives something else each time it is loaded: it takes a clock or a random number for a constant';
  return [{ code: 'NOT_REPEATABLE', field: '', message }];
}

type Paths = readonly (readonly string[])[];

function sourceProblems(recorded: Recorded, from: Schema, alsoUsed: Paths): readonly MappingProblem[] {
  const used = [...usedPaths(recorded.tree), ...(recorded.where ? usedPaths(recorded.where) : [])];
  const listed = recorded.unused.map(pathSteps);
  return [
    ...[...used, ...listed].flatMap((path) => unknownProblem(path, from)),
    ...listed.flatMap((path) => listedProblem(path, used)),
    ...leafPaths(from, 'out').flatMap((leaf) => unusedProblem(leaf, [...used, ...alsoUsed], listed)),
  ];
}

function unknownProblem(path: readonly string[], from: Schema): readonly MappingProblem[] {
  let at: Schema | undefined = from;
  for (const step of path) {
    if (!at) return [];
    if (lacksField(at, step, 'out')) {
      const near = nearName(step, fieldNames(at, 'out') ?? []);
      const message = `the source has no field \`${pathText(path)}\`${near ? `; did you mean \`${near}\`?` : ''}`;
      return [{ code: 'SOURCE_UNKNOWN', field: pathText(path), message }];
    }
    at = childSchema(at, step, 'out');
  }
  return [];
}

function listedProblem(listed: readonly string[], used: Paths): readonly MappingProblem[] {
  const by = used.find((path) => isWithin(path, listed) || isWithin(listed, path));
  if (!by) return [];
  const message = `\`${pathText(listed)}\` is listed as unused, but \`${pathText(by)}\` is used: take it off the list`;
  return [{ code: 'UNUSED_BUT_USED', field: pathText(listed), message }];
}

function unusedProblem(leaf: readonly string[], used: Paths, listed: Paths): readonly MappingProblem[] {
  const isUsed = used.some((path) => isWithin(leaf, path) || isWithin(path, leaf));
  if (isUsed || listed.some((path) => isWithin(leaf, path))) return [];
  const field = pathText(leaf);
  const message = `the source field \`${field}\` is neither used nor listed in \`unused\``;
  return [{ code: 'SOURCE_UNUSED', field, message }];
}

const sampleProblems = (mapping: Mapping, recorded: Recorded): readonly MappingProblem[] =>
  recorded.samples.flatMap((sample) => {
    const failure = sampleFailure(mapping, sample);
    return failure
      ? [{ code: 'SAMPLE_FAILED' as const, field: '', message: `sample "${sample.summary}": ${failure}` }]
      : [];
  });
