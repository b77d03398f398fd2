import type { Failpoint } from '../platform/failpoint.ts';
import type { WorkerParts } from './worker.ts';

/**
 * Puts a failpoint before and after every call of the steps to the ledger and to a destination, named
 * `deliveries.openIntent.before`, `destination.write.after` and so on. Only where failpoints are armed.
 */
export function withFailpoints(parts: WorkerParts, failpoint: Failpoint): WorkerParts {
  const { ledger, projects } = parts;
  const guarded = <T extends object>(name: string, target: T): T => guard(name, target, failpoint);
  const version: typeof projects.version = async (...args) => {
    const loaded = await projects.version(...args);
    const openDestination: typeof loaded.openDestination = (world) =>
      guarded('destination', loaded.openDestination(world));
    return { ...loaded, openDestination };
  };
  return {
    ...parts,
    projects: { ...projects, version },
    ledger: {
      ...ledger,
      runs: guarded('runs', ledger.runs),
      staging: guarded('staging', ledger.staging),
      deliveries: guarded('deliveries', ledger.deliveries),
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
