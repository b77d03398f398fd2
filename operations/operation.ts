import type { z } from 'zod';
import { isSyncFailure, refusal } from '../model/failure/failure.ts';
import type { OperationName } from '../model/operation/operation-name.ts';
import type { Act, Effect } from './authority.ts';
import type { OperationContext } from './context.ts';

interface Facts<Input, Document> {
  readonly name: OperationName;
  readonly effect: Effect;
  /** What may be asked. */
  readonly input: z.ZodType<Input, Input>;
  /** What is answered: a face prints it, or shows it as a page. */
  readonly document: z.ZodType<Document, Document>;
}

export interface OperationSpec<Input, Document, Context> extends Facts<Input, Document> {
  /** The sync or connection that it concerns; null when it concerns the project. */
  readonly target: (input: Input) => string | null;
  /** Throws SyncFailure: what it was refused for, or what it met. */
  readonly work: (context: Context, input: Input) => Promise<Document>;
}

/** Something that a person or a program can do or ask, whatever face they speak to. */
export interface Operation<Input, Document, Context> extends Facts<Input, Document> {
  perform(context: Context, input: Input): Promise<Document>;
}

/**
 * The only way in (invariant 13, one place of action): what is asked is read, the one who asks is allowed or refused, the
 * work is done, and what came of it is kept. Throws USAGE for an input that cannot be read.
 */
export const operation = <Input, Document, Context extends OperationContext>({
  target,
  work,
  ...facts
}: OperationSpec<Input, Document, Context>): Operation<Input, Document, Context> => ({
  ...facts,
  async perform(context, asked) {
    const { who, authority } = context;
    const input = read(facts, asked);
    const act: Act = { operation: facts.name, effect: facts.effect, target: target(input) };
    let document: Document;
    try {
      await authority.allow(who, act);
      document = await work(context, input);
    } catch (error) {
      await authority.record(who, act, isSyncFailure(error) ? error.code : 'INTERNAL');
      throw error;
    }
    await authority.record(who, act, null);
    return document;
  },
});

function read<Input>({ name, input }: Facts<Input, unknown>, asked: Input): Input {
  const { success, data, error } = input.safeParse(asked);
  if (success) return data;
  const [issue] = error.issues;
  throw refusal('USAGE', `${name}: ${[...(issue?.path ?? []), issue?.message].join(': ')}`);
}
