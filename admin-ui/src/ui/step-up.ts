/**
 * A fresh proof for what asks for one: pages wrap an act in it and need not know how the proof is given. Without a provider around it the act
 * simply runs.
 */
import { createContext, useContext } from 'react';

/** Runs `act`; when it is refused for want of a fresh proof, has the proof given and runs it again. Rejects with the refusal when it is not given. */
export type StepUp = <T>(act: () => Promise<T>) => Promise<T>;

export const StepUpContext = createContext<StepUp>((act) => act());
export const useStepUp = (): StepUp => useContext(StepUpContext);
