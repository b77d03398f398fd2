import { z } from 'zod';
import { refusal } from '../../model/failure/failure.ts';
import type { ReadRange } from '../../model/sync/range.ts';
import { wasSound } from '../../project/sound-before.ts';
import type { EngineContext, OperationContext } from '../context.ts';
import { startedRun } from '../contracts/started-run.ts';
import type { Engine } from '../engine.ts';
import { operation } from '../operation.ts';
import { finishOpenRun } from './finish-open-run.ts';
import { positionOf, rereading, rereadingWords } from './position.ts';
import { newRunId } from './start.ts';
import { onceFor, startOnce } from './start-once.ts';

const input = z.object({
  sync: z.string(),
  /** Reads everything, whatever was read before. */
  full: z.boolean(),
  /** Reads again from this earlier position; needs `confirmed`. */
  from: z.string().nullable(),
  confirmed: z.boolean(),
  /** Of the one who asks: the same again is the same run. */
  id: z.string().nullable(),
  /** The hash of a plan to keep to. */
  plan: z.string().nullable(),
  /** The one who asks follows the run: a worker is started for it when none is up. */
  follows: z.boolean(),
});

type Request = z.output<typeof input>;

/**
 * Starts one run of a sync and answers at once. On an engine that ends with the one who asks, the run has to be followed:
 * nobody else would work on it. Throws PROJECT_INVALID, SYNC_PAUSED, LOCKED while another run is open, TRIGGER_REUSED,
 * PLAN_UNKNOWN and PLAN_CHANGED; NOT_CONFIRMED says what would be read again.
 */
export const beginRun = operation({
  name: 'run.start',
  effect: 'acts',
  input,
  document: startedRun.extend({ sync: z.string(), status: z.enum(['started', 'started before']) }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, request) {
    await refuseUnsound(context, request);
    const { sync, follows } = request;
    const engine = await context.engine();
    if (engine.isTemporary && !follows)
      context.progress.note('No stack is up: it is started for this run, which is followed to its end.');
    const once = request.id === null ? null : await onceFor(engine, sync, request.id, sameness(request));
    if (once?.started) return { sync, ...once.started, status: 'started before' as const };
    const run = once?.run ?? newRunId(new Date());
    return { sync, ...(await start(context, engine, request, run)), status: 'started' as const };
  },
});

/** A run that is only started has to answer at once: the project is read only where it has changed since its last check. */
async function refuseUnsound(context: OperationContext, { sync, follows }: Request): Promise<void> {
  if (!follows && (await wasSound(context.projectFolder, context.env, sync))) return;
  const { checkedSync } = await import('./checked-sync.ts');
  await checkedSync(context, sync);
}

/** What decides whether a repeated id asks for the same again. */
const sameness = ({ full, from, plan }: Request): string => JSON.stringify({ full, from, plan });

async function start(context: OperationContext, engine: Engine, request: Request, run: string) {
  const { sync, full, from, plan, follows } = request;
  await refusePaused(engine, sync);
  await finishOpenRun(context, engine, sync);
  const range = from === null ? null : await rewound(context, engine, request, from);
  const planned = plan === null ? null : await keptTo(context, engine, sync, plan, run);
  if ((follows || engine.isTemporary) && (await engine.ensureWorker()))
    context.progress.note('No worker was up: one is started for this run.');
  return startOnce(engine, {
    sync,
    run,
    full,
    trigger: triggerOf(context, request),
    ...planned,
    ...(range && { range }),
    uiUrl: engine.uiUrl,
  });
}

/** It reads the project: loaded only for those who need it. */
async function keptTo(context: OperationContext, { ledger }: Engine, sync: string, plan: string, run: string) {
  const { keepToPlan } = await import('../plan/keep-to-plan.ts');
  return keepToPlan(context, ledger, sync, plan, run);
}

/** By which way people ask, as runs say it. */
const ways = { local: 'cli' } as const;

function triggerOf({ who }: OperationContext, { id, plan }: Request): string {
  const parts: string[] = [ways[who.kind]];
  if (id !== null) parts.push(`id ${id}`);
  if (plan !== null) parts.push(`plan ${plan}`);
  return parts.join(', ');
}

/** From where a run reads again, once a person has said yes to what that means. Nothing is cleared by it. */
async function rewound(
  context: OperationContext,
  engine: Engine,
  { sync, confirmed }: Request,
  from: string,
): Promise<ReadRange> {
  const { checkedSync } = await import('./checked-sync.ts');
  const loaded = await checkedSync(context, sync);
  if (loaded.mode === 'full') throw refusal('NO_POSITIONS', `every run of \`${sync}\` reads everything`);
  const range = { since: await positionOf(engine, loaded, 'from', from, Date.now()) };
  if (confirmed) return range;
  throw refusal(
    'NOT_CONFIRMED',
    `it would read again ${rereadingWords(await rereading(engine, sync, range))}; nothing is cleared, and what did not change is not sent`,
  );
}

/** A run of a paused sync would wait: whoever starts one by hand is told so instead. */
async function refusePaused({ ledger }: Engine, sync: string): Promise<void> {
  const standing = (await ledger.standings.all()).find((one) => one.sync === sync);
  if (!standing?.pausedAt) return;
  throw refusal(
    'SYNC_PAUSED',
    `\`${sync}\` is paused since ${standing.pausedAt}${standing.pauseNote ? `: ${standing.pauseNote}` : ''}`,
    { todo: '{run.resume}', about: { sync } },
  );
}
