import { isSecretName, secretKind } from '../model/connection/secret-text.ts';
import type { TreePath } from './tree.ts';

/** A value as a message may show it: never one that could be a secret. */
export function shown(value: unknown, name = ''): string {
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (isSecretName(name)) return 'a value';
  if (typeof value !== 'string') return `\`${String(value)}\``;
  const isShowable = value.length <= longestShown && secretKind(value) === undefined && !/\s\S+\s\S+\s/.test(value);
  return isShowable ? `the text \`${value}\`` : `a text of ${value.length} characters`;
}

const longestShown = 40;

/** The path as people write it: `auth.token`, `items[0].path`. */
export function pathText(path: TreePath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}
