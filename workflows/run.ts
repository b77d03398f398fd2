import { patched, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { OpenRunInput, RunPlan } from '../activities/index.ts';
import { searchAttribute } from '../model/names.ts';
import { addCounts, type Counts, noCounts } from '../model/sync/batch.ts';
import type { RunStage, RunState } from '../model/sync/run-state.ts';
import { RunControl } from './control.ts';
import { detailsOf } from './details.ts';
import { listen } from './listen.ts';
import { patch } from './patches.ts';
import { ledgerSteps } from './steps.ts';

/** What opens the run, and what it continues. */
export interface SyncInput extends OpenRunInput {
  /** Set by continue-as-new. */
  readonly carried?: Carried;
}

/** What a run is started with. A schedule starts each run with the same words, so that the run names itself. */
export type SyncStart = Omit<SyncInput, 'run'> & { readonly run?: string };

/** What a run takes along when it continues as new: counts and numbers, never records (invariant 8). */
export interface Carried {
  readonly plan: RunPlan;
  readonly seq: number;
  readonly delivered: number;
  readonly fetched: number;
  readonly counts: Counts;
  readonly paused: boolean;
  readonly startedAtMs: number;
}

/** The run as the workflow knows it, and its face to people: the status query, current details, search attributes. */
export class Run {
  readonly input: SyncInput;
  readonly control: RunControl;
  plan: RunPlan | null;
  stage: RunStage = 'opening';
  /** The last batch begun. */
  seq: number;
  delivered: number;
  fetched: number;
  counts: Counts;
  readonly startedAtMs: number;
  /** Whether it leaves out what would change nothing. */
  readonly #nothingTwice = patched(patch.nothingTwice);
  #status = '';

  constructor(input: SyncInput) {
    const { carried } = input;
    this.input = input;
    this.plan = carried?.plan ?? null;
    this.seq = carried?.seq ?? 0;
    this.delivered = carried?.delivered ?? 0;
    this.fetched = carried?.fetched ?? 0;
    this.counts = carried?.counts ?? noCounts;
    this.startedAtMs = carried?.startedAtMs ?? Date.now();
    this.control = new RunControl(carried?.paused ?? false, () => this.show());
    listen(this);
  }

  opened(plan: RunPlan): void {
    this.plan = plan;
    const { sync, source, destination } = searchAttribute;
    this.#tell({ [sync]: this.input.sync, [source]: plan.source, [destination]: plan.destination });
    if (plan.paused) this.control.pause(true);
  }

  async hurry(): Promise<void> {
    await ledgerSteps.hurryRun.executeWithOptions({ summary: 'try again now what waits' }, []);
  }

  enter(stage: RunStage): void {
    this.stage = stage;
    this.show();
  }

  closed(counts: Counts): void {
    this.counts = addCounts(this.counts, counts);
    this.delivered++;
    this.show();
  }

  /** Brings details and search attribute up to date. Details are not in history; the attribute only when it changes. */
  show(outcome?: string): void {
    setCurrentDetails(detailsOf(this.state(), Date.now() - this.startedAtMs));
    const status = outcome ?? this.#doing();
    if (status === this.#status) return;
    this.#status = status;
    this.#tell({ [searchAttribute.status]: status });
  }

  /** Sets search attributes. What whoever started the run has set already costs nothing again. */
  #tell(attributes: Readonly<Record<string, string>>): void {
    const { searchAttributes: known } = workflowInfo();
    const news = Object.entries(attributes).filter(
      ([name, value]) => !(this.#nothingTwice && known[name]?.[0] === value),
    );
    if (news.length === 0) return;
    upsertSearchAttributes(news.map(([name, value]) => ({ key: { name, type: 'KEYWORD' as const }, value })));
  }

  /**
   * Whether it has nothing left to do when its source has nothing: no delete, no earlier write in doubt, nothing that both
   * sides do not agree on.
   */
  get mayEndEmpty(): boolean {
    const { deletes, doubts, unagreed } = this.plan ?? {};
    return this.#nothingTwice && this.seq === 0 && !deletes && !doubts && !unagreed;
  }

  /** The step that read nothing has closed it. */
  endedEmpty(counts: Counts): void {
    this.counts = counts;
    this.stage = 'closed';
  }

  #doing(): string {
    const { parked, paused, waiting } = this.control;
    return parked ? 'parked' : paused ? 'paused' : waiting ? 'waiting' : 'running';
  }

  state(): RunState {
    const { plan, control } = this;
    return {
      sync: this.input.sync,
      run: this.input.run,
      stage: this.stage,
      mode: plan?.mode ?? null,
      source: plan?.source ?? null,
      destination: plan?.destination ?? null,
      deliveryClass: plan?.deliveryClass ?? null,
      paused: control.paused,
      parked: control.parked,
      waiting: control.waiting,
      batches: { fetched: this.seq, delivered: this.delivered },
      fetched: this.fetched,
      counts: this.counts,
      startedAt: new Date(this.startedAtMs).toISOString(),
    };
  }

  carry(plan: RunPlan): Carried {
    const { seq, delivered, fetched, counts, startedAtMs } = this;
    return { plan, seq, delivered, fetched, counts, startedAtMs, paused: this.control.paused };
  }
}
