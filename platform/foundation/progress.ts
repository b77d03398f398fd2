/**
 * Says on stderr what takes long, so that stdout stays data. A step that ends within a second is never mentioned.
 * On a terminal: one line that moves. Elsewhere (CI, a pipe): plain lines, the first after a second.
 */
export interface Progress {
  /** Runs `work` and shows `title` while it lasts. Steps may overlap. Answers and throws what `work` does. */
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

interface Step {
  readonly title: string;
  readonly beganMs: number;
  state: StepState;
  /** When it was last mentioned; undefined when never. */
  saidMs?: number;
}

const quietMs = 1000;
const frameMs = 120;
const plainFrameMs = 250;
const plainEveryMs = 15_000;
const frames = ['|', '/', '-', '\\'];
const clearLine = '\r\x1b[K';

export function createProgress(out: ProgressOutput): Progress {
  const painter = out.isTTY ? livePainter(out) : plainPainter(out);
  const steps = new Set<Step>();
  let timer: NodeJS.Timeout | undefined;
  return {
    note: (line) => painter.note(line),
    async step(title, work) {
      const step: Step = { title, beganMs: performance.now(), state: {} };
      steps.add(step);
      timer ??= setInterval(() => painter.paint([...steps].filter(isLong)), painter.frameMs);
      try {
        return await work((state) => {
          step.state = { ...step.state, ...state };
        });
      } finally {
        steps.delete(step);
        if (step.saidMs !== undefined) painter.note(`${title}: ${seconds(performance.now() - step.beganMs)}`);
        if (steps.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
  };
}

const isLong = (step: Step): boolean => performance.now() - step.beganMs >= quietMs;

interface Painter {
  readonly frameMs: number;
  /** Shows the steps that have lasted more than a second, the oldest first. */
  paint(steps: readonly Step[]): void;
  note(line: string): void;
}

/** One line at the bottom: the oldest step, because the others usually wait for nothing else. */
function livePainter(out: ProgressOutput): Painter {
  let frame = 0;
  let drawn = false;
  return {
    frameMs,
    paint(steps) {
      const [first] = steps;
      if (first === undefined) return;
      for (const step of steps) step.saidMs = performance.now();
      const text = `${frames[frame++ % frames.length]} ${describe(first.title, first.state, performance.now() - first.beganMs)}`;
      out.write(`${clearLine}${text.slice(0, (out.columns ?? 80) - 1)}`);
      drawn = true;
    },
    note(line) {
      out.write(`${drawn ? clearLine : ''}${line}\n`);
      drawn = false;
    },
  };
}

function plainPainter(out: ProgressOutput): Painter {
  return {
    frameMs: plainFrameMs,
    paint(steps) {
      const nowMs = performance.now();
      for (const step of steps) {
        if (step.saidMs !== undefined && nowMs - step.saidMs < plainEveryMs) continue;
        step.saidMs = nowMs;
        out.write(`${describe(step.title, step.state, nowMs - step.beganMs)}\n`);
      }
    },
    note: (line) => void out.write(`${line}\n`),
  };
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
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
