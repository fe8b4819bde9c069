import { openWorld } from '../contestants/world.mjs';
import { contestAt } from './rounds.mjs';

/** Runs these figures in one world: `{contests, figures, failures}`. One that fails does not take the others with it. */
export async function runFigures(chosen, connections, options, say) {
  say('starting the stores and the service');
  const world = await openWorld();
  const [contests, figures, failures] = [[], [], []];
  try {
    for (const figure of chosen) {
      try {
        if (figure.run) figures.push({ id: figure.id, title: figure.title, ...(await figure.run(world, options, say)) });
        else {
          const contestants = await figure.open(world, options);
          const counts = figure.concurrencies ? connections.filter((count) => figure.concurrencies.includes(count)) : connections;
          for (const count of counts) contests.push(await contestAt(figure, contestants, count, options, say));
        }
      } catch (error) {
        failures.push(`${figure.id}: ${error.message}`);
        say(`FAILED ${failures.at(-1)}`);
      }
    }
    return { contests, figures, failures };
  } finally {
    await world.stop();
  }
}
