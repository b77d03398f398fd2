import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../platform/foundation/progress.ts';
import { openStack, type Stack } from '../stack/stack.ts';
import type { Child } from './child.ts';
import { changeOrders, checkBoth, loseAnswer, readShopStats } from './client.ts';
import { connectEngine } from './engine.ts';
import { freshFolder, removeFolder } from './folder.ts';
import { number } from './live-lines.ts';
import { writeMappingPage } from './mapping-page.ts';
import { type DemoReport, demoReport } from './report.ts';
import type { Screen } from './screen.ts';
import {
  type Keep,
  type RunningSystem,
  shopCallsPerSecond,
  startBooksProgram,
  startShopProgram,
  withoutStackOfUser,
} from './systems.ts';
import { watchRun } from './watch.ts';
import { Workers } from './workers.ts';

export interface DemoOptions {
  /** Its `.syncline/demo` holds everything while the demo runs. */
  readonly projectFolder: string;
  readonly orders: number;
  readonly env: NodeJS.ProcessEnv;
  readonly screen: Screen;
  readonly progress: Progress;
  /** Ends the demo early. */
  readonly signal: AbortSignal;
  /** Called with the report while everything still stands; what it waits for keeps it standing. */
  readonly present: (report: DemoReport, stage: Stage) => Promise<void>;
}

/** What stands while the demo runs. */
export interface Stage {
  readonly stack: Stack;
  readonly shop: RunningSystem;
  readonly books: RunningSystem;
}

const sync = 'orders-to-invoices';
const changeShare = 0.01;
const loseAnswerAtShare = 0.1;
const killAtShare = 0.4;

/** The package's own folder, two above dist/demo/: its connections, mapping and sync are what the demo shows. */
const packageFolder = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The demo from beginning to end: a stack, two systems, a first sync whose worker is killed half-way, a change, a
 * second sync, and the checker's verdict. Ends everything it started, however it ends.
 */
export async function tellDemo(options: DemoOptions): Promise<DemoReport> {
  const folder = await freshFolder(options.projectFolder);
  const ending = new Ending();
  let report: DemoReport | undefined;
  try {
    const { told, stage } = await tell(options, folder, ending);
    report = told;
    await options.present(told, stage);
    return told;
  } finally {
    options.screen.settle();
    await ending.end();
    if (report || options.signal.aborted) await removeFolder(folder);
    else options.screen.say(`The logs of the demo are in ${folder}`);
  }
}

const stepLimitMs = 20_000;

/** Remembers what was started, and ends it: the last first. */
class Ending {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  readonly keep: Keep = (child: Child) => {
    this.add(() => child.stop());
    return child;
  };

  /** A step that never comes to its end is left to the guard of the stack, which outlives this process. */
  async end(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) {
      const late = new AbortController();
      const patience = sleep(stepLimitMs, undefined, { signal: late.signal });
      await Promise.race([step(), patience]).catch(() => {});
      late.abort();
      await patience.catch(() => {});
    }
  }
}

async function tell(options: DemoOptions, folder: string, ending: Ending): Promise<{ told: DemoReport; stage: Stage }> {
  const began = performance.now();
  const { screen, signal, orders, progress } = options;
  const opening = openStack({ projectFolder: folder, progress, env: withoutStackOfUser(options.env) });
  ending.add(async () => (await opening).stop());
  const stack = await untilAborted(opening, signal);
  signal.throwIfAborted();
  const taskQueue = `syncline-demo-${process.pid}`;
  const engine = await connectEngine(stack, taskQueue);
  ending.add(() => engine.close());
  const [shop, books] = await Promise.all([
    startShopProgram(orders, folder, ending.keep),
    startBooksProgram(folder, ending.keep),
  ]);
  const stage: Stage = { stack, shop, books };
  introduce(screen, stage, orders);

  const workers = new Workers(
    { ...stage, taskQueue, projectFolder: packageFolder, logFolder: folder },
    ending.keep,
    screen,
  );
  const watching = { engine, workers, screen, signal, sync };

  screen.say(screen.style.strong('1  First sync: everything, with an accident or two'));
  workers.start('');
  let answerLost = false;
  const first = await watchRun({
    ...watching,
    expected: orders,
    onProgress: async ({ counts }) => {
      if (!answerLost && counts.fetched >= orders * loseAnswerAtShare) {
        answerLost = true;
        await loseAnswer(books);
        screen.say(`  ${screen.style.bad('an answer is lost')}: the books commit, and never say so`);
      }
      if (workers.kills > 0 || counts.fetched < orders * killAtShare) return;
      await workers.kill(` with SIGKILL, ${number(counts.delivered)} orders delivered`);
      workers.start(', goes on where A was', counts.fetched);
    },
  });

  const changed = await changeOrders(shop, changeShare);
  screen.say(screen.style.strong(`2  ${number(changed)} orders change in the shop: sync again, only the changes`));
  const second = await watchRun({ ...watching, expected: changed });

  const told = demoReport({
    orders,
    changed,
    workerKills: workers.kills,
    verdict: await checkBoth(shop, books),
    shop: await readShopStats(shop),
    quarantine: await engine.quarantined(first.run),
    runs: [first, second],
    mappingPage: await writeMappingPage({ ...options, packageFolder, sync }),
    seconds: Math.round((performance.now() - began) / 100) / 10,
  });
  return { told, stage };
}

function introduce(screen: Screen, { stack, shop, books }: Stage, orders: number): void {
  const { style } = screen;
  const row = (name: string, where: string, words: string) =>
    screen.say(`  ${name.padEnd(9)} ${style.name(where.padEnd(23))} ${style.faint(words)}`);
  screen.say(style.strong('Syncline demo: orders of a shop become invoices in the books'));
  screen.say();
  row('shop', shop.url, `${number(orders)} orders, 1 % bad; ${shopCallsPerSecond} calls/s`);
  row('books', books.url, 'empty; keeps a journal of every request');
  row('Temporal', stack.uiUrl ?? stack.temporalAddress, 'watch the run here');
  screen.say();
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
