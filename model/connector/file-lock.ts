/** The lock file that `work` runs under. */
export interface FileLock {
  /** Whether the owner before ended while it held the lock: what it had begun may still lie there. */
  readonly tookOver: boolean;
  /** Throws FILE_BUSY when the lock was lost meanwhile. Call it right before what cannot be undone. */
  confirm(): Promise<void>;
}

/**
 * Runs `work` while the lock file `file` shows that this process, and no other on any machine, does it. Nothing is left
 * of the lock afterwards. Throws FILE_BUSY when another holds it, and the file system's errors as they are.
 */
export type UnderFileLock = <T>(file: string, work: (lock: FileLock) => Promise<T>, signal?: AbortSignal) => Promise<T>;
