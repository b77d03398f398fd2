/**
 * Says on stderr what takes long, so that stdout stays data. A step that ends within a second is never mentioned.
 * On a terminal: one line that moves. Elsewhere (CI, a pipe): plain lines, the first after a second.
 */
export interface Progress {
  /** Runs `work` and shows `title` while it lasts. Answers and throws what `work` does. */
  step<T>(title: string, work: (tell: (state: StepState) => void) => Promise<T>): Promise<T>;
  /** A line that stays. */
  note(line: string): void;
}

export interface StepState {
  /** Replaces what stood behind the title. */
  readonly detail?: string;
  /** Drawn as a bar when the total is known. */
  readonly done?: number;
  readonly total?: number;
  /** How long it usually takes, in seconds; drawn beside the elapsed time. */
  readonly usualS?: number;
}

export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const quietMs = 1000;
const frameMs = 120;
const plainEveryMs = 15_000;
const frames = ['|', '/', '-', '\\'];

export const silentProgress: Progress = {
  step: (_title, work) => work(() => {}),
  note: () => {},
};

export function createProgress(out: ProgressOutput): Progress {
  return {
    note: (line) => void out.write(`${line}\n`),
    step: (title, work) => (out.isTTY ? liveStep(out, title, work) : plainStep(out, title, work)),
  };
}

async function liveStep<T>(
  out: ProgressOutput,
  title: string,
  work: (tell: (state: StepState) => void) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  let state: StepState = {};
  let frame = 0;
  let shown = false;
  const draw = () => {
    const elapsedMs = performance.now() - began;
    if (elapsedMs < quietMs) return;
    shown = true;
    const line = `${frames[frame++ % frames.length]} ${describe(title, state, elapsedMs)}`;
    out.write(`\r\x1b[K${line.slice(0, (out.columns ?? 80) - 1)}`);
  };
  const timer = setInterval(draw, frameMs);
  try {
    return await work((next) => {
      state = { ...state, ...next };
    });
  } finally {
    clearInterval(timer);
    if (shown) out.write(`\r\x1b[K${title}: ${seconds(performance.now() - began)}\n`);
  }
}

async function plainStep<T>(
  out: ProgressOutput,
  title: string,
  work: (tell: (state: StepState) => void) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  let state: StepState = {};
  let saidAtMs: number | undefined;
  const say = () => {
    const elapsedMs = performance.now() - began;
    if (elapsedMs < quietMs || (saidAtMs !== undefined && elapsedMs - saidAtMs < plainEveryMs)) return;
    saidAtMs = elapsedMs;
    out.write(`${describe(title, state, elapsedMs)}\n`);
  };
  const timer = setInterval(say, quietMs / 4);
  try {
    return await work((next) => {
      state = { ...state, ...next };
    });
  } finally {
    clearInterval(timer);
    if (saidAtMs !== undefined) out.write(`${title}: ${seconds(performance.now() - began)}\n`);
  }
}

/** The text of a step, without the moving part. Pure. */
export function describe(title: string, state: StepState, elapsedMs: number): string {
  const usual = state.usualS === undefined ? '' : ` of usually ${seconds(state.usualS * 1000)}`;
  const bar = state.done === undefined || state.total === undefined ? '' : ` ${progressBar(state.done, state.total)}`;
  const detail = state.detail === undefined ? '' : ` ${state.detail}`;
  return `${title}${bar}${detail} (${seconds(elapsedMs)}${usual})`;
}

const barCells = 20;

export function progressBar(done: number, total: number): string {
  const share = total <= 0 ? 0 : Math.min(1, Math.max(0, done / total));
  const cells = Math.floor(share * barCells);
  return `[${'#'.repeat(cells)}${'.'.repeat(barCells - cells)}] ${Math.floor(share * 100)} %`;
}

/** `0.4 s`, `12 s`, `3 min 05 s`. */
export function seconds(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
