import { providerIn, type ReadSecret, type SecretRef, type SecretVersion } from '../../model/connection/secret.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { FoundSecret, NoSecret, SecretWorld } from './found.ts';
import { findSecret, isLocal } from './providers.ts';

/** How long a value that costs a call, or a program, is taken without asking again; a 401 asks at once. */
const KNOWN_FOR_MS = 60_000;

/** What a store was last asked, and the last value that it gave. */
interface Kept {
  asked?: Promise<FoundSecret>;
  askedMs: number;
  value?: string;
}

/**
 * Reads secrets. A variable, a file and the vault are read anew at each call; what a store or a program answers is kept
 * for a minute, and longer while the store does not answer. So a renewed secret is used without a restart.
 */
export function createReadSecret(world: SecretWorld, now: () => number = () => performance.now()): ReadSecret {
  const stores = new Map<string, Kept>();

  async function fromStore(ref: SecretRef, version: SecretVersion): Promise<FoundSecret> {
    const id = JSON.stringify(ref);
    const kept: Kept = stores.get(id) ?? { askedMs: Number.NEGATIVE_INFINITY };
    stores.set(id, kept);
    if (version === 'latest' || kept.asked === undefined || now() - kept.askedMs >= KNOWN_FOR_MS) {
      kept.askedMs = now();
      kept.asked = findSecret(ref, world);
    }
    const answer = await kept.asked;
    if ('value' in answer) {
      kept.value = answer.value;
      return answer;
    }
    if (answer.fault === 'unavailable' && kept.value !== undefined) kept.asked = Promise.resolve({ value: kept.value });
    else delete kept.asked;
    return kept.asked ?? answer;
  }

  return async (ref, version = 'known') => {
    const isNear = isLocal(providerIn(Object.keys(ref)) ?? 'env');
    const found =
      version === 'previous' || isNear
        ? await findSecret(ref, world, version === 'previous' ? 'previous' : 'latest')
        : await fromStore(ref, version);
    if ('value' in found) return found.value;
    throw failureOf(found);
  };
}

const failureOf = ({ fault, reason }: NoSecret): SyncFailure =>
  new SyncFailure(fault === 'unavailable' ? 'SECRET_STORE_UNAVAILABLE' : 'SECRET_MISSING', reason, { effect: 'none' });
