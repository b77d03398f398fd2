import type { z } from 'zod';
import type { Problem, ProblemCode } from '../model/text/problem.ts';
import { type CodePlace, findKey, findText } from './code-place.ts';
import { type Explained, type ExplainedInput, explainIssues } from './explain-issue.ts';
import type { TreePath } from './tree.ts';

/** Collects what is wrong with one sync and finds the places in its file. */
export class SyncProblems {
  readonly found: Problem[] = [];
  private readonly sync: string;
  private readonly file: string;
  private readonly text: string;

  constructor(sync: string, file: string, text: string) {
    this.sync = sync;
    this.file = file;
    this.text = text;
  }

  /** At the key that the path leads to. */
  error(code: ProblemCode, path: TreePath, message: string, next?: string): void {
    this.add('error', code, findKey(this.text, path), message, next);
  }

  warning(code: ProblemCode, path: TreePath, message: string, next?: string): void {
    this.add('warning', code, findKey(this.text, path), message, next);
  }

  /** At the text literal below the path, or at the path. */
  errorAtText(code: ProblemCode, path: TreePath, literal: string, message: string, next?: string): void {
    this.add('error', code, findText(this.text, literal, path) ?? findKey(this.text, path), message, next);
  }

  /** What a schema has against the value at a path. */
  schema(issues: readonly z.core.$ZodIssue[], input: ExplainedInput, path: TreePath = []): void {
    for (const explained of explainIssues(issues, input)) this.explained(explained, path);
  }

  private explained({ code, path, message }: Explained, below: TreePath): void {
    this.error(code, [...below, ...path], message);
  }

  get hasErrors(): boolean {
    return this.found.some(({ severity }) => severity === 'error');
  }

  private add(
    severity: Problem['severity'],
    code: ProblemCode,
    place: CodePlace | undefined,
    message: string,
    next?: string,
  ): void {
    this.found.push({
      severity,
      code,
      file: this.file,
      ...place,
      message,
      sync: this.sync,
      ...(next !== undefined && { next }),
    });
  }
}
