import { type FailurePlace, isSyncFailure } from '../../model/failure/failure.ts';
import type { LoadedSync } from '../../model/sync/project.ts';

/** A sync whose endpoints say with each failure on which side it happened, and at which connection. */
export function withSides(loaded: LoadedSync): LoadedSync {
  const source: FailurePlace = { side: 'source', connection: loaded.sourceConnection.name };
  const destination: FailurePlace = { side: 'destination', connection: loaded.destinationConnection.name };
  return {
    ...loaded,
    openSource: (world) => sided(loaded.openSource(world), source),
    openDestination: (world) => sided(loaded.openDestination(world), destination),
  };
}

/** Calls and iterations of an endpoint, and of the parts it is made of. */
function sided<T extends object>(endpoint: T, place: FailurePlace): T {
  return new Proxy(endpoint, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      // Pure, and called for every record.
      if (property === 'encode') return value;
      if (typeof value === 'function')
        return (...args: unknown[]) => called(() => Reflect.apply(value, target, args), place);
      return property === 'checksums' && typeof value === 'object' && value !== null ? sided(value, place) : value;
    },
  });
}

function called(call: () => unknown, place: FailurePlace): unknown {
  try {
    const result = call();
    if (result instanceof Promise) return result.catch((error: unknown) => refuse(error, place));
    return isIterable(result) ? iterated(result, place) : result;
  } catch (error) {
    return refuse(error, place);
  }
}

async function* iterated<T>(items: AsyncIterable<T>, place: FailurePlace): AsyncIterable<T> {
  try {
    yield* items;
  } catch (error) {
    refuse(error, place);
  }
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

function refuse(error: unknown, place: FailurePlace): never {
  if (isSyncFailure(error)) error.place ??= place;
  throw error;
}
