import { preparationOf } from '../../engine/batches/prepare.ts';
import type { Page, Source } from '../../model/connector/connector.ts';
import type { Reject } from '../../model/record/prepared.ts';
import type { EndpointWorld, LoadedSync } from '../../model/sync/project.ts';
import type { LiveSync } from './facts.ts';
import { late, problemOf } from './problem.ts';

const PAGE_MS = 60_000;

/** Reads the first page of a sync through its schema and mapping. Writes nothing. */
export async function readFirstPage(loaded: LoadedSync, world: EndpointWorld): Promise<LiveSync> {
  const nothing = { records: 0, ready: 0, filtered: 0, rejected: 0, reasons: [], newFields: [] };
  try {
    const signal = AbortSignal.timeout(PAGE_MS);
    const source = loaded.openSource(world);
    const { records, asOfMs = Date.now() } = await Promise.race([firstPage(source, signal), late(signal, PAGE_MS)]);
    const work = preparationOf(loaded, { epoch: source.can.epoch });
    work.add(records, asOfMs);
    const { validated, transformed } = work.result();
    const rejects = [...validated.rejects, ...transformed.rejects];
    return {
      name: loaded.name,
      problem: null,
      records: records.length,
      ready: transformed.ready.length,
      filtered: transformed.filtered,
      rejected: rejects.length,
      reasons: reasonsOf(rejects),
      newFields: validated.shape.fields.flatMap(({ known, field }) => (known ? [] : [field])),
    };
  } catch (error) {
    return { name: loaded.name, ...nothing, problem: problemOf(error) };
  }
}

async function firstPage(source: Source, signal: AbortSignal): Promise<Pick<Page, 'records' | 'asOfMs'>> {
  for await (const page of source.read({ position: null, since: null, signal })) return page;
  return { records: [] };
}

function reasonsOf(rejects: readonly Reject[]): LiveSync['reasons'] {
  const groups = new Map<string, { code: string; field: string | null; reason: string; records: number }>();
  for (const { code, field, reason } of rejects) {
    const id = JSON.stringify([code, field, reason]);
    const group = groups.get(id) ?? { code, field, reason, records: 0 };
    groups.set(id, group);
    group.records++;
  }
  return [...groups.values()].sort((a, b) => b.records - a.records).slice(0, 10);
}
