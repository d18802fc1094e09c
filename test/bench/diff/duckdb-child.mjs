/** DuckDB's full join in a process of its own: `load DB CSV` makes the stored state, `diff DB CSV` compares with it. */
import { DuckDBInstance } from '@duckdb/node-api';

const [verb, file = '', csv = ''] = process.argv.slice(2);
const instance = await DuckDBInstance.create(file);
const connection = await instance.connect();
const source = `read_csv('${csv.replaceAll("'", "''")}', header = true, all_varchar = true)`;
if (verb === 'load') await connection.run(`CREATE TABLE state AS SELECT * FROM ${source}`);
else {
  await connection.run('SET preserve_insertion_order = false');
  await connection.run(
    `CREATE OR REPLACE TABLE change AS
     SELECT coalesce(old.user_id, new.user_id) AS user_id, coalesce(old.segment, new.segment) AS segment,
       old.user_id IS NULL AS entered
     FROM state AS old FULL JOIN ${source} AS new ON old.user_id = new.user_id AND old.segment = new.segment
     WHERE old.user_id IS NULL OR new.user_id IS NULL`,
  );
  const reader = await connection.runAndReadAll(
    'SELECT count(*) FILTER (entered), count(*) FILTER (NOT entered) FROM change',
  );
  const [entered, exited] = reader.getRows()[0] ?? [];
  console.log(JSON.stringify({ entered: Number(entered), exited: Number(exited) }));
}
connection.closeSync();
