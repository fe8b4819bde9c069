import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresRig, type PostgresRig } from './postgres-rig.js';

describe('the token tables', () => {
  let rig: PostgresRig;

  beforeAll(async () => {
    rig = await postgresRig(2);
  });
  afterAll(() => rig.close());

  it('are what the entities say', async () => {
    const difference = await rig.dataSource.driver.createSchemaBuilder().log();

    expect(difference.upQueries.map((change) => change.query)).toEqual([]);
  });
});
