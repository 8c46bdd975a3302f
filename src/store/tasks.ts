// Notes when a task that is done again and again was done last.
import type { TaskDone, TaskName } from '../actions/upkeep-store.ts';
import { int, intOrNull } from './rows.ts';
import { first, on, type Session } from './session.ts';

export async function taskDone(session: Session, task: TaskName): Promise<TaskDone | null> {
  const row = await first(on(session, 'tasks').where({ task }));
  return row ? { at: int(row, 'done_at'), seq: intOrNull(row, 'seq') } : null;
}

export async function noteTask(session: Session, task: TaskName, seq: number | null = null): Promise<void> {
  const done = { done_at: session.now, seq };
  await on(session, 'tasks')
    .insert({ task, ...done })
    .onConflict(['task'])
    .merge(Object.keys(done));
}
