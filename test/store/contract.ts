// The contract of a store, the same for every database engine.
import { describe } from 'vitest';
import { checkpoints } from './checkpoints.ts';
import { compatibility } from './compatibility.ts';
import type { Engine } from './engine.ts';
import { invariants } from './invariants.ts';
import { keys } from './keys.ts';
import { lostKey } from './lost-key.ts';
import { provisioning } from './provisioning.ts';
import { putBack } from './put-back.ts';
import { restored } from './restored.ts';
import { rollCalls } from './roll-call.ts';
import { rosters } from './rosters.ts';
import { seals } from './seals.ts';
import { signInSteps } from './sign-in-steps.ts';
import { tampering } from './tampering.ts';
import { trail } from './trail.ts';
import { upkeep } from './upkeep.ts';

/** Declares the tests of the contract for an engine. */
export function storeContract(engine: Engine): void {
  describe(`a store on ${engine.name}`, () => {
    describe('keeps its invariants against direct SQL', () => invariants(engine));
    describe('takes steps of sign-ins', () => signInSteps(engine));
    describe('keeps a roster', () => rosters(engine));
    describe('provisions accounts', () => provisioning(engine));
    describe('keeps a roll call', () => rollCalls(engine));
    describe('keeps an audit trail', () => trail(engine));
    describe('finds what was done behind the trail', () => tampering(engine));
    describe('seals what sign-ins leave', () => seals(engine));
    describe('knows a row that was put back', () => putBack(engine));
    describe('stands by its checkpoints', () => checkpoints(engine));
    describe('fits its program and its key', () => compatibility(engine));
    describe('gets another key', () => keys(engine));
    describe('knows that it was put back', () => restored(engine));
    describe('goes on for years', () => upkeep(engine));
    describe('goes on after its key is lost', () => lostKey(engine));
  });
}
