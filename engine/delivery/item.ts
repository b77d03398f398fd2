import type { WriteItem } from '../../model/connector/connector.ts';
import type { Content } from '../../model/record/content.ts';
import type { Outgoing } from './outgoing.ts';

/** An item whose JSON becomes a text only for a destination that looks at it. */
export class Item implements WriteItem {
  readonly op = 'upsert';
  readonly key: string;
  readonly content: Content;
  readonly encoded: object | undefined;
  readonly destinationId: string | null;
  readonly identity: string | undefined;
  readonly exists: boolean;
  readonly tag: string | null;

  constructor({ key, content, encoded, destinationId, exists = false, tag = null }: Outgoing, identity?: string) {
    this.key = key;
    this.content = content;
    this.encoded = encoded;
    this.destinationId = destinationId;
    this.identity = identity;
    this.exists = exists;
    this.tag = tag;
  }

  get json(): string {
    return this.content.text;
  }
}
