/**
 * Shared words for files that run before the npm packages are there: without workspace links `@keepline/contracts` cannot be resolved, so
 * this file alone reaches into the package by path. Node resolves both ways to the same file, so there is still only one error class.
 */
export { systemClock } from '../../contracts/src/clock.ts';
export { KeeplineError, messageOf } from '../../contracts/src/errors.ts';
