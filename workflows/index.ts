/** Every export is a workflow that the network can start. */
export { sync } from './sync.ts';
