/** DuckDB's reader over a CSV file, in a process of its own: `FILE`. */
import { DuckDBInstance } from '@duckdb/node-api';

const [file = ''] = process.argv.slice(2);
const instance = await DuckDBInstance.create();
const connection = await instance.connect();
const before = process.cpuUsage();
// Counting fields too, or the reader would pass over the columns that nobody asks for.
const reader = await connection.runAndReadAll(
  `SELECT count(*), count(user_id) + count(name) + count(note) + count(segment)
   FROM read_csv('${file.replaceAll("'", "''")}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')`,
);
const { user, system } = process.cpuUsage(before);
const [rows, fields] = reader.getRows()[0] ?? [];
console.log(
  JSON.stringify({ rows: Number(rows), fields: Number(fields), cpuSeconds: (user + system) / 1e6 }),
);
connection.closeSync();
