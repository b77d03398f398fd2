import type { Page, Source } from '../model/connector/connector.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import type { Failpoint } from '../platform/foundation/failpoint.ts';
import type { WorkerParts } from './worker.ts';

/**
 * Puts a failpoint before and after every step, and every call of a step to the ledger, the source and the destination:
 * `steps.fetchBatch.after`, `deliveries.openIntent.before`, `source.page`, `destination.write.after` and so on. Only
 * where failpoints are armed.
 */
export function withFailpoints(parts: WorkerParts, failpoint: Failpoint): WorkerParts {
  const { ledger, projects } = parts;
  const guarded = <T extends object>(name: string, target: T): T => guard(name, target, failpoint);
  const armed = (loaded: LoadedSync): LoadedSync => ({
    ...loaded,
    openSource: (world) => guardPages(loaded.openSource(world), failpoint),
    openDestination: (world) => guarded('destination', loaded.openDestination(world)),
  });
  return {
    ...parts,
    steps: (steps) => guarded('steps', steps),
    projects: { ...projects, version: async (...args) => armed(await projects.version(...args)) },
    ledger: {
      ...ledger,
      runs: guarded('runs', ledger.runs),
      staging: guarded('staging', ledger.staging),
      deliveries: guarded('deliveries', ledger.deliveries),
      deletes: guarded('deletes', ledger.deletes),
      quarantine: guarded('quarantine', ledger.quarantine),
      samples: guarded('samples', ledger.samples),
    },
  };
}

const guard = <T extends object>(part: string, target: T, failpoint: Failpoint): T =>
  new Proxy(target, {
    get(object, property, receiver) {
      const value = Reflect.get(object, property, receiver);
      if (typeof value !== 'function' || typeof property !== 'string') return value;
      return (...args: unknown[]) => {
        failpoint(`${part}.${property}.before`);
        const result = Reflect.apply(value, object, args);
        if (!(result instanceof Promise)) return result;
        return result.then((answer) => {
          failpoint(`${part}.${property}.after`);
          return answer;
        });
      };
    },
  });

/** A page that was read, and is nowhere else yet. */
function guardPages(source: Source, failpoint: Failpoint): Source {
  async function* pages(read: AsyncIterable<Page>): AsyncIterable<Page> {
    for await (const page of read) {
      failpoint('source.page');
      yield page;
    }
  }
  return { ...source, read: (request) => pages(source.read(request)) };
}
